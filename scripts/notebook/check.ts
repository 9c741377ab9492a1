/**
 * Checks the types, the style and the format of notebooks.
 *
 * The kernel checks no types, and gives `undefined` for an import that does not exist. So each
 * notebook becomes a module beside itself, where its imports resolve; one `deno lint` and one `deno
 * check` read all of them, and what they say is told in terms of notebook, cell and line.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { withInterrupt } from "../interrupt.ts";
import { checkFormat } from "./check_format.ts";
import { denoOutput } from "./deno_output.ts";
import { flatten, type Flattened } from "./flatten.ts";
import { type Notebook, parseNotebook } from "./nbformat.ts";
import type { Problem } from "./problem.ts";

/** A message at a place in a file, before it is led back to its notebook. */
interface Finding {
  file: string;
  line: number;
  code: string;
  message: string;
}

/** A notebook and the module that stands for it. */
interface Module extends Flattened {
  path: string;
  notebook: Notebook;
  file: string;
}

/** Codes of a second declaration of one name: variable, import or class, function. */
const REDECLARED = ["TS2451", "TS2300", "TS2393"];

/** Everything that is wrong with the notebooks at these paths, in their order. */
export function checkNotebooks(paths: string[]): Promise<Problem[]> {
  // Ctrl-C must not leave modules beside the notebooks.
  return withInterrupt(async (signal) => {
    const problems = await findProblems(paths);
    signal.throwIfAborted();
    return problems;
  });
}

async function findProblems(paths: string[]): Promise<Problem[]> {
  const problems: Problem[] = [];
  const modules: Module[] = [];
  try {
    for (const path of paths.map((path) => resolve(path))) {
      try {
        const notebook = parseNotebook(await Deno.readTextFile(path), basename(path));
        const unique = crypto.randomUUID().slice(0, 8);
        const file = join(dirname(path), `.${basename(path, ".ipynb")}.${unique}.check.ts`);
        const module = { ...flatten(notebook), path, notebook, file };
        modules.push(module);
        await Deno.writeTextFile(file, module.source);
      } catch (error) {
        problems.push({ path, code: "notebook", message: (error as Error).message });
      }
    }
    if (modules.length === 0) return problems;
    const linted = await lint(modules.map(({ file }) => file));
    // One module that cannot be parsed would keep the checker from all the others.
    const broken = new Set(linted.filter(({ code }) => code === "syntax").map(({ file }) => file));
    const parsed = modules.map(({ file }) => file).filter((file) => !broken.has(file));
    const checked = parsed.length > 0 ? await typeCheck(parsed) : [];
    problems.push(...[...linted, ...checked].map((finding) => leadBack(finding, modules)));
    problems.push(...await checkFormat(modules));
    return order(nameRedeclarations(problems), paths);
  } finally {
    await Promise.all(modules.map(({ file }) => Deno.remove(file).catch(() => {})));
  }
}

async function lint(files: string[]): Promise<Finding[]> {
  const { stdout, report } = await denoOutput(["lint", "--json", ...files]);
  if (!stdout.startsWith("{")) throw new Error(`Cannot lint notebooks: received ${report}`);
  const { diagnostics, errors } = JSON.parse(stdout);
  const findings: Finding[] = [];
  for (const { filename, range, code, message, hint } of diagnostics) {
    // The type checker says this better, for several cells too.
    if (code === "no-redeclare") continue;
    const text = hint ? `${message} (${hint})` : message;
    findings.push({
      file: fileURLToPath(filename),
      line: range.start.line,
      code,
      message: `${text} [${code}]`,
    });
  }
  for (const { file_path, message } of errors) {
    const line = Number(message.match(/:(\d+):\d+\s*$/)?.[1] ?? 1);
    findings.push({ file: file_path, line, code: "syntax", message: message.split("\n")[0] });
  }
  return findings;
}

async function typeCheck(files: string[]): Promise<Finding[]> {
  const { success, stderr, report } = await denoOutput(["check", ...files]);
  const findings: Finding[] = [];
  for (const block of stderr.split(/\n(?=TS\d+ \[ERROR\]: )/)) {
    const [, code, rest] = block.match(/^(?:Check .*\n)*(TS\d+) \[ERROR\]: ([\s\S]*)/) ?? [];
    const place = rest?.match(/\n +at (file:\S+):(\d+):\d+/);
    if (!place) continue;
    const text = rest.slice(0, place.index).split("\n");
    if (/^\s*[~^]+\s*$/.test(text.at(-1)!)) text.splice(-2);
    const message = text.map((line) => line.trim()).join(" ") + ` [${code}]`;
    findings.push({ file: fileURLToPath(place[1]), line: Number(place[2]), code, message });
  }
  if (findings.length === 0 && !success) {
    throw new Error(`Cannot check notebooks: received ${report}`);
  }
  return findings;
}

function leadBack({ file, line, code, message }: Finding, modules: Module[]): Problem {
  const module = modules.find((module) => module.file === file);
  if (!module) return { path: file, line, code, message };
  const sourceLine = module.source.split("\n")[line - 1];
  return { path: module.path, ...module.map(line), sourceLine: sourceLine.trim(), code, message };
}

/** The checker marks every declaration of a name; the second and later ones are the mistake. */
function nameRedeclarations(problems: Problem[]): Problem[] {
  const isRedeclared = ({ code, path }: Problem) =>
    REDECLARED.includes(code) && path.endsWith(".ipynb");
  const nameOf = ({ message, sourceLine }: Problem) =>
    message.match(/'(.+)'/)?.[1] ?? sourceLine?.match(/function\*?\s+(\w+)/)?.[1] ?? "this name";
  const keyOf = (problem: Problem) => `${problem.path} ${nameOf(problem)}`;
  const groups = Map.groupBy(problems.filter(isRedeclared), keyOf);
  return problems.flatMap((problem) => {
    if (!isRedeclared(problem)) return [problem];
    const [first] = groups.get(keyOf(problem))!;
    if (first === problem) return [];
    const message = `\`${nameOf(problem)}\` is declared already, in cell ${first.cell} line ` +
      `${first.line}: a name is declared once in a notebook [${problem.code}]`;
    return [{ ...problem, message }];
  });
}

function order(problems: Problem[], paths: string[]): Problem[] {
  const rank = new Map(paths.map((path, i) => [resolve(path), i]));
  const of = ({ path, cell = 0, line = 0 }: Problem) =>
    [rank.get(path) ?? paths.length, cell, line] as const;
  return problems.toSorted((a, b) => {
    const [p, q] = [of(a), of(b)];
    return p[0] - q[0] || p[1] - q[1] || p[2] - q[2];
  });
}
