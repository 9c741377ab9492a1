/**
 * The overload of session 02, shed, in a process of its own; prints its rate and the shares refused as JSON.
 *
 * @module
 */
import { backPressure } from "lib/systems/mental_models/back_pressure.ts";
import { write } from "../../terminal.ts";

const [offered, serviceRate, burst, limit, count, seed] = Deno.args.map(Number);
const overload = { offered, serviceRate, burst, limit, recoverAt: 1, after: 0 };
const run = (seed: number) => backPressure({ ...overload, policy: "shed" }, seed).at(-1)!;

run(seed - 1); // to warm up
const started = performance.now();
const ends = Array.from({ length: count }, (_, i) => run(seed + i));
const seconds = (performance.now() - started) / 1000;
const events = ends.reduce((sum, end) => sum + end.offered + end.served, 0);
const answer = ends.map((end) => end.dropped / end.offered);
write(JSON.stringify({ rate: events / seconds, answer }) + "\n");
