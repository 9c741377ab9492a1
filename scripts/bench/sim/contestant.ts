/**
 * One contestant in a process of its own: runs what its arguments name and prints a report as JSON.
 *
 * @module
 */
import { write } from "../../terminal.ts";
import { type Replication } from "./models.ts";

/** Replicates with seeds from `seed` on, once before to warm up. */
function replicate(count: number, seed: number, run: (seed: number) => Replication) {
  run(seed - 1);
  const started = performance.now();
  const results = Array.from({ length: count }, (_, i) => run(seed + i));
  const seconds = (performance.now() - started) / 1000;
  const events = results.reduce((sum, result) => sum + result.events, 0);
  const answer = { events: events / count, values: results.map((result) => result.value) };
  return { rate: events / seconds, answer };
}

const contests: Record<string, (...args: string[]) => unknown> = {
  async mm1(style, load, customers, count, seed) {
    const { mm1Events, mm1Processes } = await import("./models.ts");
    const model = style === "events" ? mm1Events : mm1Processes;
    return replicate(+count, +seed, (seed) => model(+load, +customers, seed));
  },
  async messages(nodes, messages, deliveries, count, seed) {
    const { messagePassing } = await import("./models.ts");
    return replicate(
      +count,
      +seed,
      (seed) => messagePassing(+nodes, +messages, +deliveries, seed),
    );
  },
  async hold(name, size, steps) {
    const { heaps, hold } = await import("./queues.ts");
    hold(await heaps[name](), +size, 200_000);
    // The fastest of three: what the heap can do, whatever else the machine does.
    let [rate, sum] = [0, NaN];
    for (let round = 0; round < 3; round++) {
      const held = hold(await heaps[name](), +size, +steps / 3);
      [rate, sum] = [Math.max(rate, held.rate), held.sum];
    }
    return { rate, answer: sum };
  },
  async histogram(name, rounds) {
    const { histograms, recordAll } = await import("./histograms.ts");
    return recordAll(await histograms[name](), +rounds);
  },
  async presence(clients, seconds, loss) {
    const { presence } = await import("./presence.ts");
    return presence(+clients, +seconds, +loss);
  },
};

const [contest, ...args] = Deno.args;
write(JSON.stringify(await contests[contest](...args)) + "\n");
