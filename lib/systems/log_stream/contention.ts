/**
 * Clients that fail together: a simulated race for one row, won one at a time.
 *
 * Each client reads a version, writes it back, and loses if another was faster; then it backs off and begins again. Messages take
 * |normal(10, 2)| ms each way. What comes out is how many calls it took until all had won, when the last one did, and when calls
 * were made.
 *
 * Source: aws-samples/aws-arch-backoff-simulator, behind Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015.
 * There the first wait of all kinds but decorrelated is twice the base.
 *
 * @module
 */
import { EventQueue } from "../../sim/event_queue.ts";
import { type BackoffKind, delays } from "../../structures/backoff.ts";

export interface ContentionOptions {
  kind: BackoffKind;
  clients: number;
  /** Default: 5. */
  baseMs?: number;
  /** Default: 2,000. */
  capMs?: number;
}

/** What it took. */
export interface Contention {
  calls: number;
  finishedMs: number;
  /** When each call reached the server. */
  atMs: number[];
}

/** Runs the race once. */
export function contend(options: ContentionOptions, random: () => number): Contention {
  const { kind, clients, baseMs = 5, capMs = 2000 } = options;
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const network = () => Math.abs(10 + 2 * normal());
  const queue = new EventQueue(), actions: ((nowMs: number) => void)[] = []; // by slot
  const after = (delayMs: number, from: number, action: (nowMs: number) => void) => {
    actions[queue.push(from + delayMs)] = action;
  };
  const result: Contention = { calls: 0, finishedMs: 0, atMs: [] };
  const first = kind === "decorrelated" ? baseMs : 2 * baseMs;
  let version = 0;
  for (let client = 0; client < clients; client++) {
    const waits = delays(kind, { baseMs: first, capMs }, random);
    const attempt = (startMs: number): void => {
      after(network(), startMs, (readMs) => {
        const read = version;
        after(network(), readMs, (sendMs) =>
          after(network(), sendMs, (writeMs) => {
            result.calls++;
            result.atMs.push(writeMs);
            const won = read === version;
            if (won) version++;
            after(network(), writeMs, (doneMs) => {
              if (won) result.finishedMs = Math.max(result.finishedMs, doneMs);
              else attempt(doneMs + waits.next().value);
            });
          }));
      });
    };
    attempt(0);
  }
  while (queue.size > 0) {
    const nowMs = queue.time;
    actions[queue.pop()](nowMs);
  }
  return result;
}
