/**
 * Runs a notebook of 100 cells that print, display and return results, again and again: nothing may be
 * lost or land on another cell. `SOAK=200` runs it 200 times; by default it runs 5 times.
 */
import { assertEquals } from "@std/assert";
import { executeNotebook } from "../../../scripts/notebook/execute.ts";
import { newNotebook, type Output } from "../../../scripts/notebook/nbformat.ts";
import { leavesNothing } from "./nothing_left.ts";

const RUNS = Number(Deno.env.get("SOAK") ?? 5);

interface Sample {
  source: string;
  expected: Output[];
}

const stream = (text: string, name: "stdout" | "stderr" = "stdout"): Output => ({
  output_type: "stream",
  name,
  text,
});
const display = (text: string): Output => ({
  output_type: "display_data",
  data: { "text/plain": text },
  metadata: {},
});
const result = (text: string, count: number): Output => ({
  output_type: "execute_result",
  data: { "text/plain": text },
  metadata: {},
  execution_count: count,
});
const broadcast = (value: string) =>
  `Deno.jupyter.broadcast("display_data", { data: { "text/plain": ${value} }, metadata: {} })`;

/** The ways in which cells show something; `n` makes each output unlike all others. */
const KINDS: ((n: number) => Sample)[] = [
  (n) => ({ source: `console.log("line ${n}");`, expected: [stream(`line ${n}\n`)] }),
  (n) => ({
    source: `for (let i = 0; i < 50; i++) console.log("${n}:" + i);`,
    expected: [stream(Array.from({ length: 50 }, (_, i) => `${n}:${i}\n`).join(""))],
  }),
  (n) => ({ source: `"result ${n}"`, expected: [result(`"result ${n}"`, n)] }),
  (n) => ({
    source: `await new Promise((r) => setTimeout(r, 1));\n${n} * 2`,
    expected: [result(`${n * 2}`, n)],
  }),
  (n) => ({ source: `await ${broadcast(`"awaited ${n}"`)};`, expected: [display(`awaited ${n}`)] }),
  (n) => ({ source: `void ${broadcast(`"not ${n}"`)};`, expected: [display(`not ${n}`)] }),
  (n) => ({
    source: `await ${broadcast(`"${n}".padEnd(200_000, ".")`)};\n"after ${n}"`,
    expected: [display(`${n}`.padEnd(200_000, ".")), result(`"after ${n}"`, n)],
  }),
  (n) => ({
    source: `console.log("a${n}");\nawait ${broadcast(`"b${n}"`)};\nconsole.error("c${n}");\n${n}`,
    expected: [
      stream(`a${n}\n`),
      display(`b${n}`),
      stream(`c${n}\n`, "stderr"),
      result(`${n}`, n),
    ],
  }),
  (n) => ({ source: `const silent${n} = ${n};`, expected: [] }),
  (n) => ({
    source: `void await Promise.all([1, 2, 3].map((i) => ${broadcast("`" + n + "/${i}`")}));`,
    expected: [1, 2, 3].map((i) => display(`${n}/${i}`)),
  }),
];

Deno.test(`executeNotebook() loses and misplaces no output in ${RUNS} runs of 100 cells`, () =>
  leavesNothing(async ({ folder, pids }) => {
    const samples = Array.from({ length: 100 }, (_, i) => KINDS[i % KINDS.length](i + 1));
    const notebook = newNotebook(samples.map(({ source }) => source));
    for (let run = 1; run <= RUNS; run++) {
      const { status, notebook: executed } = await executeNotebook(notebook, {
        cwd: folder,
        onEvent: (event) => event.type === "kernel started" && pids.push(event.pid),
      });
      assertEquals(status, "ok");
      for (const [i, cell] of executed.cells.entries()) {
        const outputs = cell.cell_type === "code" ? cell.outputs : [];
        assertEquals(outputs, samples[i].expected, `run ${run}, cell ${i + 1}: ${cell.source}`);
      }
    }
  }));
