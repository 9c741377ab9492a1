/**
 * The structured facts that cells emit beside what they show: assumptions, key results, published numbers,
 * acceptance lines, files.
 *
 * @module
 */
import { FACTS } from "lib/show/emit.ts";
import type { Notebook } from "../notebook/notebook.ts";

export { FACTS };

export interface Assumption {
  name: string;
  value: number | string;
  unit?: string;
  default: number | string;
  range?: [number, number];
  source: string;
  changed: boolean;
}

export interface KeyResult {
  name: string;
  value: number;
  unit: string;
  text: string;
}

export interface Published {
  name: string;
  source: string;
  expected: number;
  got: number;
  tolerance: number;
  unit?: string;
  pass: boolean;
}

export interface Accepted {
  name: string;
  pass: boolean;
  detail: string;
  defaults: boolean;
}

export interface EmittedFile {
  name: string;
  mediaType: string;
  text: string;
}

export interface Facts {
  assumptions: Assumption[];
  results: KeyResult[];
  published: Published[];
  accepted: Accepted[];
  files: EmittedFile[];
}

type Fact =
  | { kind: "assumptions"; assumptions: Assumption[] }
  | { kind: "result" } & KeyResult
  | { kind: "published" } & Published
  | { kind: "accept" } & Accepted
  | { kind: "file" } & EmittedFile;

/** Reads all facts from a notebook's outputs, in their order. */
export function readFacts(notebook: Notebook): Facts {
  const facts: Facts = { assumptions: [], results: [], published: [], accepted: [], files: [] };
  const lists = {
    result: facts.results,
    published: facts.published,
    accept: facts.accepted,
    file: facts.files,
  };
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "code") continue;
    for (const output of cell.outputs) {
      if (!("data" in output) || output.data[FACTS] === undefined) continue;
      const { kind, ...fact } = output.data[FACTS] as Fact;
      if (kind === "assumptions") {
        facts.assumptions.push(...(fact as { assumptions: Assumption[] }).assumptions);
      } else if (kind in lists) {
        (lists[kind] as unknown[]).push(fact);
      }
    }
  }
  return facts;
}
