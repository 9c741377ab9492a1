/**
 * The back-pressure model of session 02 against the same model in SimPy, and how fast histories are checked.
 *
 * Both sides shed the same overload; the mean share refused must agree within one per cent of what comes. The checker
 * has no peer here: Porcupine is Go. Its line is what a reader may expect.
 *
 * @module
 */
import { check } from "lib/sim/linearizable.ts";
import { capHistory } from "lib/systems/mental_models/cap_register.ts";
import { print } from "../terminal.ts";
import { contestant, pairs, publish, rateText, summarise } from "./pairs.ts";
import { simpy } from "./peers/python.ts";

const MODEL = [1200, 1000, 60, 500];
const SAME = 0.01;

export async function main(): Promise<void> {
  const checked = historiesPerSecond();
  print(`week-01-back-pressure check-12-operations ours=${rateText(checked, "histories")}`);
  const python = await simpy();
  if (python === undefined) return await publish("week-01-back-pressure", [], { checked });
  const script = "scripts/bench/back_pressure/contestant.ts";
  const ours = [Deno.execPath(), "run", "-A", "--no-check", script];
  const result = await pairs(
    { metric: "shed-overload", unit: "events", peer: "SimPy 4.1.2" },
    () => contestant<number[]>([...ours, ...[...MODEL, 20, 1].map(String)]),
    () =>
      contestant<number[]>([
        python,
        "scripts/bench/peers/simpy_back_pressure.py",
        ...[...MODEL, 4, 1].map(String),
      ]),
  );
  const [a, b] = [result.ours, result.theirs].map((side) =>
    mean(side.flatMap(({ answer }) => answer))
  );
  print(`week-01-back-pressure check: refused ${a.toPrecision(4)}, peer ${b.toPrecision(4)}`);
  // Of what comes: the peer's few seeds leave a quarter of a point of noise.
  if (Math.abs(a - b) > SAME) {
    throw new Error("the shares refused differ by more than 1 % of what comes");
  }
  await publish("week-01-back-pressure", [summarise(result)], { checked });
}

function historiesPerSecond(): number {
  const quorums = { replicas: 3, readQuorum: 2, writeQuorum: 2 };
  const histories = Array.from({ length: 2000 }, (_, seed) => capHistory(quorums, seed));
  for (const history of histories) check(history); // to warm up
  const started = performance.now();
  for (const history of histories) check(history);
  return histories.length / (performance.now() - started) * 1000;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
