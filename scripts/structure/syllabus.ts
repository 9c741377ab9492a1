/**
 * The syllabus as data: what each of the 42 sessions must answer and do.
 *
 * @module
 */
import { join } from "node:path";
import { ROOT, stem } from "../select.ts";

export interface SyllabusSession {
  number: number;
  week: number;
  /** The theme of the week. */
  theme: string;
  /** The notebook's name, such as `01-designing-online-offline-indicator`. */
  slug: string;
  title: string;
  context: string;
  steps: string[];
  tradeOffs: string[];
  handsOn: string[];
}

export async function readSyllabus(): Promise<SyllabusSession[]> {
  return JSON.parse(await Deno.readTextFile(join(ROOT, "data", "syllabus.json")));
}

/** The session that a notebook is for, by its name. */
export function sessionOf(path: string, syllabus: SyllabusSession[]): SyllabusSession | undefined {
  return syllabus.find(({ slug }) => slug === stem(path));
}

/** Text without case, punctuation and spacing, to find a prompt wherever it is quoted. */
function plain(text: string): string {
  return text.toLowerCase().normalize("NFKD").replaceAll(/[^\p{L}\p{N}+]+/gu, " ")
    .replaceAll(" versus ", " vs ").trim();
}

/** Reports whether a text quotes a prompt of the syllabus, whatever the punctuation. */
export function quotes(text: string, prompt: string): boolean {
  return ` ${plain(text)} `.includes(` ${plain(prompt)} `);
}
