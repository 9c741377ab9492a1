import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { deterministic } from "lib/sim/distribution.ts";
import { Network } from "lib/sim/network.ts";
import { sequenceChart } from "lib/sim/sequence_chart.ts";
import { Simulation, SimulationError } from "lib/sim/simulation.ts";
import { describe, Trace } from "lib/sim/trace.ts";

Deno.test("Trace keeps the last steps in order and counts all", () => {
  const trace = new Trace(3);
  for (let i = 0; i < 5; i++) trace.note(i, "a", `${i}`);
  assertEquals([trace.steps().map((step) => step.label), trace.count], [["2", "3", "4"], 5]);
  assertThrows(() => new Trace(0), RangeError, "capacity must be an integer above 0");
});

Deno.test("Trace.causes() follows messages back to their senders and leaves the rest out", () => {
  const trace = new Trace();
  trace.note(0, "a", "boot");
  trace.note(0, "c", "noise");
  trace.send(1, 1, "a", "b", "x");
  trace.note(1.2, "a", "after sending: no cause of anything at b");
  trace.send(1.5, 2, "c", "d", "noise");
  trace.receive(2, 1, "a", "b", "x");
  trace.receive(2.5, 2, "c", "d", "noise");
  trace.send(3, 3, "b", "d", "y");
  trace.timeout(4, "b", "no answer");
  const told = trace.causes().map((step) => `${step.kind} ${step.from} ${step.label}`);
  assertEquals(told, ["note a boot", "send a x", "receive a x", "send b y", "timeout b no answer"]);
  assertEquals(new Trace().causes(), []);
});

Deno.test("Trace.explain() shows the last 40 causes and says how many came before", () => {
  const trace = new Trace();
  for (let i = 1; i <= 50; i++) trace.note(i, "a", `step ${i}`);
  const lines = trace.explain().split("\n");
  assertEquals([lines.length, lines[0]], [41, "… 10 earlier steps"]);
  assertEquals(lines.at(-1), "50.000000 s a: step 50");
});

Deno.test("describe() tells each kind of step", () => {
  const trace = new Trace();
  trace.send(1, 1, "a", "b", "x");
  trace.receive(2, 1, "a", "b", "x");
  trace.drop(3, 1, "a", "b", "x");
  trace.timeout(4, "a", "x");
  trace.note(5, "a", "x");
  assertEquals(trace.steps().map(describe), [
    "1.000000 s a sends to b: x",
    "2.000000 s b receives from a: x",
    "3.000000 s lost from a to b: x",
    "4.000000 s a: timeout, x",
    "5.000000 s a: x",
  ]);
});

/** A client that asks a server twice, loses one answer and times out. */
function story() {
  const trace = new Trace();
  const sim = new Simulation({ seed: 11, trace });
  const network = new Network<string>(sim, { latency: deterministic(0.1), trace });
  network.attach("client", () => sim.cancel(timer));
  network.attach("server", (message) => {
    if (message === "ask; again") throw new Error("checksum");
    network.cut("server", "client");
    network.send("server", "client", "answer");
  });
  network.send("client", "server", "ask");
  const timer = sim.schedule(1, () => {
    trace.timeout(sim.now, "client", "no answer");
    network.send("client", "server", "ask; again");
  });
  return { sim, trace };
}

Deno.test("SimulationError shows seed and the minimal trace of a network", () => {
  const { sim } = story();
  const error = assertThrows(() => sim.run(), SimulationError);
  assertEquals(error.message.split("\n"), [
    "Cannot go on with the simulation at 1.1 s, event 3, seed 11: checksum",
    "0.000000 s client sends to server: ask",
    "0.100000 s server receives from client: ask",
    "0.100000 s server sends to client: answer",
    "0.100000 s lost from server to client: answer",
    "1.000000 s client: timeout, no answer",
    "1.000000 s client sends to server: ask; again",
    "1.100000 s server receives from client: ask; again",
  ]);
});

Deno.test("sequenceChart() draws arrivals, losses, time-outs and what is under way", () => {
  const { sim, trace } = story();
  assertThrows(() => sim.run(), SimulationError);
  trace.send(1.2, 99, "server", "client", "late");
  assertEquals(sequenceChart(trace.steps()).split("\n"), [
    "sequenceDiagram",
    "  participant n0 as client",
    "  participant n1 as server",
    "  n0->>n1: 0.1 s: ask, sent 0 s",
    "  n1-xn0: 0.1 s: answer (lost)",
    "  note over n0: 1 s: timeout, no answer",
    "  n0->>n1: 1.1 s: ask, again, sent 1 s",
    "  n1--)n0: 1.2 s: late (under way)",
  ]);
});

Deno.test("sequenceChart() stops at its limit and says so", () => {
  const trace = new Trace();
  for (let i = 0; i < 9; i++) trace.note(i, "a", `${i}`);
  const chart = sequenceChart(trace.steps(), { limit: 2 });
  assertStringIncludes(chart, "note over n0: 1 s: 1\n  note over n0: … 7 more steps");
  assertEquals(sequenceChart([]), "sequenceDiagram");
});
