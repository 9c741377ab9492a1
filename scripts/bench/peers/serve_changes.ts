/**
 * The side of a fan-out benchmark that makes changes, and measures the processor time they cost.
 *
 * @module
 */
import process from "node:process";

/** Users of the benchmark, in the order in which they change. */
export const USERS: readonly string[] = Array.from(
  { length: 1000 },
  (_, i) => `user-${10_000 + i}`,
);

const TICK_MS = 10;
const CHANGES_PER_TICK = 10;

/**
 * Tells the port, then obeys lines on standard input: for a number, that many changes at 1,000 a
 * second, answered by the processor seconds used; for anything else, the end.
 */
export async function serveChanges(
  port: number,
  change: (userId: string, state: "online" | "away", sinceMs: number) => void,
): Promise<void> {
  say({ port });
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  let made = 0;
  let sinceMs = Date.now();
  for await (const line of lines) {
    const count = Number(line);
    if (!(count > 0)) break;
    const before = process.cpuUsage();
    for (let i = 0; i < count; i += CHANGES_PER_TICK) {
      const startMs = performance.now();
      for (let j = 0; j < CHANGES_PER_TICK; j++, made++) {
        sinceMs = Math.max(sinceMs + 1, Date.now());
        const state = Math.floor(made / USERS.length) % 2 === 0 ? "online" : "away";
        change(USERS[made % USERS.length], state, sinceMs);
      }
      const waitMs = TICK_MS - (performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
    }
    await new Promise((resolve) => setTimeout(resolve, 1250)); // what was batched leaves
    const { user, system } = process.cpuUsage(before);
    say({ cpuSeconds: (user + system) / 1e6 });
  }
}

function say(value: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(value) + "\n"));
}
