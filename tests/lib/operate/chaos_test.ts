import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Drill, drillMarkdown, runDrill } from "lib/operate/chaos.ts";

/** A real fault: a server that is shut down and started again, on whatever port is free then. */
function serve() {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("well"));
}
const nowMs = () => performance.now();

Deno.test("runDrill() breaks a real server, checks the prediction and restores it", async () => {
  let server = serve();
  const answers = async () => {
    const response = await fetch(`http://127.0.0.1:${server.addr.port}/`);
    return await response.text() === "well";
  };
  const report = await runDrill({
    name: "Stop the server",
    hypothesis: "no request is answered while it is down",
    steady: answers,
    steps: [{ name: "stop", run: () => server.shutdown() }],
    checks: [{
      name: "refused",
      check: () => answers().then(() => "answered", () => true),
    }],
    restore: () => {
      server = serve();
    },
  }, { nowMs });
  assertEquals(report.verdict, "passed");
  assertEquals(report.log.map(({ what, finding }) => `${what}: ${finding}`), [
    "steady state: holds",
    "stop: done",
    "refused: holds",
    "restore: done",
  ]);
  assert(await answers(), "it is back");
  await server.shutdown();
});

/** A drill in which everything goes well, with a note of what was done. */
function drill(part: Partial<Drill>) {
  const done: string[] = [];
  const whole: Drill = {
    name: "drill",
    hypothesis: "all goes well",
    steady: () => true,
    steps: [{ name: "break", run: () => done.push("break") }],
    checks: [{ name: "holds", check: () => true }],
    restore: () => done.push("restore"),
    ...part,
  };
  return { done, run: () => runDrill(whole, { nowMs, guardEveryMs: 5 }) };
}

Deno.test("runDrill() does not start when the system is not well", async () => {
  const { done, run } = drill({ steady: () => "p99 is 3 s" });
  const report = await run();
  assertEquals([report.verdict, report.log[0].finding, done], ["not started", "p99 is 3 s", []]);
});

Deno.test("runDrill() fails when the hypothesis does not hold, and says which part", async () => {
  const checks = [
    { name: "no loss", check: () => true },
    { name: "0 wrong", check: () => "3 users are wrong" },
    { name: "alerted", check: () => Promise.resolve(false) },
    { name: "reachable", check: () => Promise.reject(new Error("refused")) },
  ];
  const { done, run } = drill({ checks });
  const report = await run();
  assertEquals([report.verdict, done], ["failed", ["break", "restore"]]);
  const findings = Object.fromEntries(report.log.map(({ what, finding }) => [what, finding]));
  assertEquals(findings["no loss"], "holds");
  assertEquals(findings["0 wrong"], "3 users are wrong");
  assertEquals(findings["alerted"], "does not hold");
  assertEquals(findings["reachable"], "refused");
});

Deno.test("runDrill() aborts a long step as soon as the guard objects, and restores", async () => {
  let asked = 0;
  let stopped = false;
  const { done, run } = drill({
    guard: () => ++asked < 4 || "5 % of users see errors",
    steps: [
      {
        name: "long fault",
        run: (signal) =>
          new Promise<void>((resolve) => {
            signal.onabort = () => {
              stopped = true;
              resolve();
            };
          }),
      },
      { name: "never", run: () => done.push("never") },
    ],
  });
  const report = await run();
  assertEquals([report.verdict, stopped, done], ["aborted", true, ["restore"]]);
  assertEquals(report.log.at(-2)!.finding, "5 % of users see errors");
});

Deno.test("runDrill() restores after a step that throws, and fails when it cannot", async () => {
  const broken = drill({ steps: [{ name: "break", run: () => Promise.reject(new Error("no")) }] });
  const aborted = await broken.run();
  assertEquals([aborted.verdict, broken.done], ["aborted", ["restore"]]);
  const stuck = drill({ restore: () => Promise.reject(new Error("still down")) });
  const failed = await stuck.run();
  assertEquals([failed.verdict, failed.log.at(-1)!.finding], ["failed", "still down"]);
});

Deno.test("drillMarkdown() keeps its table whole", async () => {
  const { run } = drill({ checks: [{ name: "a|b", check: () => "two\nlines" }] });
  const markdown = drillMarkdown(await run());
  assertStringIncludes(markdown, "| a\\|b | two lines |");
  assertStringIncludes(markdown, "**Verdict: failed.**");
});
