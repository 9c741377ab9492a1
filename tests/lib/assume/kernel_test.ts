import { assert, assertEquals } from "@std/assert";
import { executeNotebook } from "../../../scripts/notebook/execute.ts";
import { newNotebook } from "../../../scripts/notebook/nbformat.ts";
import { readFacts } from "../../../scripts/run/facts.ts";

const root = new URL("../../../", import.meta.url).pathname;

const notebook = newNotebook([
  `import { accept, assume, type Changes } from "lib/assume/mod.ts";`,
  `const changes: Changes = { loss: "2 %" };
const a = await assume({
  heartbeat: { default: 1.5, unit: "s", range: [0.25, 60], source: "offline within 5 s" },
  loss: { default: 1, unit: "%", range: [0, 30], source: "mobile" },
}, changes);`,
  `const detection = a.heartbeat.times(3);
await accept("offline within 5 s", detection.in("s") < 5, \`\${detection} of 5 s\`);`,
]);

Deno.test("assume() in a kernel takes the runner's overrides and shows what follows", async () => {
  const overrides = { heartbeat: "30 s" };
  const { status, notebook: executed } = await executeNotebook(notebook, { cwd: root, overrides });
  assertEquals(status, "ok");
  const { assumptions, accepted } = readFacts(executed);
  assertEquals(assumptions.map(({ name, value, changed }) => [name, value, changed]), [
    ["heartbeat", 30, true],
    ["loss", 2, true],
  ]);
  assertEquals([accepted[0].pass, accepted[0].detail], [false, "90 s of 5 s"]);
});

Deno.test("assume() in a kernel stops the notebook on what it cannot change", async () => {
  const overrides = { hartbeat: "30 s", loss: "1 GB" };
  const { status, failure } = await executeNotebook(notebook, { cwd: root, overrides });
  assertEquals([status, failure?.name], ["failed", "AssumptionError"]);
  assert(failure!.message.includes("did you mean heartbeat?"));
  assert(failure!.message.includes("loss must be in %, such as 1 %"));
});
