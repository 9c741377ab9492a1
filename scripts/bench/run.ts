/**
 * `deno task run` against `jupyter nbconvert --execute` and papermill: one small notebook, from command to executed file.
 *
 * All three start a process, start the same kernel, run the same cells and write the notebook; ours writes its report as
 * well. A rate is notebooks a second, so that a ratio of 2 is half the time. Ours must bring every output home; the peers
 * end a cell when the kernel says idle, which may come before its outputs, so theirs are counted, and none may be wrong.
 *
 * @module
 */
import { join } from "node:path";
import { kernelSpec } from "../setup/jupyter.ts";
import { print } from "../terminal.ts";
import { pythonWith } from "./peers/python.ts";
import { type Comparison, pairs, publish, type Report, summarise } from "./pairs.ts";

const root = new URL("../../", import.meta.url).pathname;
const CELLS = 12;
const expected = Array.from({ length: CELLS }, (_, i) => `sum ${i}: ${(i + 1) * 499_500}`);

/** A cell that sums, shows the sum, and leaves the kernel the time to send it, as `show` does. */
function cell(i: number): object {
  const source = [
    `let sum${i} = 0;`,
    `for (let k = 0; k < 1000; k++) sum${i} += ${i + 1} * k;`,
    `const data${i} = { "text/plain": \`sum ${i}: \${sum${i}}\` };`,
    `await Deno.jupyter.broadcast("display_data", { data: data${i}, metadata: {}, transient: {} });`,
    "await new Promise((done) => setTimeout(done, 12));",
  ].join("\n");
  return {
    cell_type: "code",
    id: `cell-${i}`,
    source,
    metadata: {},
    outputs: [],
    execution_count: null,
  };
}

const notebook = {
  cells: Array.from({ length: CELLS }, (_, i) => cell(i)),
  metadata: { kernelspec: { name: "deno", display_name: "Deno", language: "typescript" } },
  nbformat: 4,
  nbformat_minor: 5,
};

/** What each cell of an executed notebook shows. */
async function shown(path: string): Promise<string[]> {
  const { cells } = JSON.parse(await Deno.readTextFile(path));
  return cells.map(({ outputs }: { outputs: { data?: Record<string, string | string[]> }[] }) =>
    outputs.map(({ data }) => [data?.["text/plain"] ?? "?"].flat().join("")).join("|")
  );
}

/** Runs a command that writes `output`: notebooks a second, and what the cells show. */
async function timed(
  command: string[],
  output: string,
  env: Record<string, string>,
): Promise<Report<string[]>> {
  await Deno.remove(output).catch(() => {});
  const started = performance.now();
  const [program, ...args] = command;
  const { success, stderr } = await new Deno.Command(program, {
    args,
    env: { NO_COLOR: "1", ...env },
    cwd: root,
    stdout: "null",
    stderr: "piped",
  }).output();
  const seconds = (performance.now() - started) / 1000;
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr).trim()}`);
  return { rate: 1 / seconds, answer: await shown(output) };
}

/** Fails when ours lost an output, or a peer has one that is wrong. */
function checkOutputs(peer: string, ours: Report<string[]>[], theirs: Report<string[]>[]): void {
  const wrong = (texts: string[]) => texts.filter((text, i) => text !== expected[i]);
  for (const { answer } of ours) {
    if (wrong(answer).length > 0) throw new Error(`ours lost or changed: ${wrong(answer)}`);
  }
  const missing = theirs.flatMap(({ answer }) => wrong(answer));
  print(`run outputs: ours all, ${peer} without ${missing.length} of ${theirs.length * CELLS}`);
  // An output may be gone, or sit in the next cell; nothing may be there that no cell shows.
  const known = new Set(["", ...expected]);
  for (const text of missing.flatMap((text) => text.split("|"))) {
    if (!known.has(text)) throw new Error(`${peer} shows ${text}`);
  }
}

/** Runs both and writes `out/bench/run.json`. */
export async function main(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bench-run-" });
  const [path, theirs] = [join(folder, "sums.ipynb"), join(folder, "theirs.ipynb")];
  const kernels = join(folder, "jupyter", "kernels", "deno");
  await Deno.mkdir(kernels, { recursive: true });
  await Deno.writeTextFile(join(kernels, "kernel.json"), JSON.stringify(kernelSpec()));
  await Deno.writeTextFile(path, JSON.stringify(notebook));
  const env = { JUPYTER_PATH: join(folder, "jupyter"), IPYTHONDIR: join(folder, "ipython") };
  const out = join(folder, "out");
  const task = [Deno.execPath(), "run", "-A", join(root, "scripts", "run.ts")];
  const run = () => timed([...task, path, "--out", out], join(out, "sums.ipynb"), {});
  const peers: [string, string, string[]][] = [
    ["nbconvert", "7.17.2", ["-m", "nbconvert", "--execute", "--to", "notebook", path]],
    ["papermill", "2.7.0", ["-m", "papermill", path, theirs]],
  ];
  const lines: Comparison[] = [];
  try {
    for (const [name, version, args] of peers) {
      const python = await pythonWith(name, version);
      if (python === undefined) continue;
      const command = [python, ...args, ...(name === "nbconvert" ? ["--output", theirs] : [])];
      const peer = () => timed(command, theirs, env);
      for (const warm of [run, peer]) await warm();
      const about = { metric: "small-notebook", unit: "notebooks", peer: `${name} ${version}` };
      const result = await pairs(about, run, peer);
      checkOutputs(name, result.ours, result.theirs);
      lines.push(summarise(result));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  await publish("run", lines, { cells: CELLS });
}

if (import.meta.main) await main();
