import { assertEquals } from "@std/assert";
import { makeJobs } from "../../../scripts/run/jobs.ts";
import type { RunOptions } from "../../../scripts/run/options.ts";

const OPTIONS: RunOptions = {
  help: false,
  selectors: [],
  overrides: { loss: "2 %" },
  outDir: "/out",
  jobs: 2,
  timeoutMs: 1000,
};

Deno.test("makeJobs() gives two notebooks of one name a file each", () => {
  const jobs = makeJobs(["/a/notes.ipynb", "/b/notes.ipynb"], OPTIONS);
  assertEquals(jobs.map(({ stem }) => stem), ["notes", "notes-2"]);
  assertEquals(jobs[1], {
    path: "/b/notes.ipynb",
    stem: "notes-2",
    overrides: { loss: "2 %" },
    outDir: "/out",
  });
});

Deno.test("makeJobs() runs each notebook once a swept value, in a folder of its own", () => {
  const sweep = { name: "rate", values: ["1/s", "1 s"] };
  const jobs = makeJobs(["/a/x.ipynb", "/a/y.ipynb"], { ...OPTIONS, sweep });
  assertEquals(jobs.map(({ stem, overrides, outDir }) => [stem, overrides.rate, outDir]), [
    ["x", "1/s", "/out/sweep/rate=1-s"],
    ["x", "1 s", "/out/sweep/rate=1 s"],
    ["y", "1/s", "/out/sweep/rate=1-s"],
    ["y", "1 s", "/out/sweep/rate=1 s"],
  ]);
  assertEquals(jobs[0].overrides, { loss: "2 %", rate: "1/s" });
});
