/**
 * Carries presence changes from the gateway that saw them to every gateway with watchers.
 *
 * Simplified: one process. Gateways take any `Bus`, so a broker with a topic keyed by user can
 * stand in its place; all they expect is that the changes of one user arrive in order.
 *
 * @example
 * ```ts
 * import { LocalBus } from "lib/systems/presence/bus.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const bus = new LocalBus();
 * const seen: string[] = [];
 * const stop = bus.subscribe((diff) => seen.push(diff.state));
 * bus.publish({ userId: "a", state: "away", sinceMs: 1, version: 1, source: "app", atMs: 1 });
 * stop();
 * assertEquals(seen, ["away"]);
 * ```
 *
 * @module
 */
import type { Diff } from "./reducer.ts";

/** Where gateways hand in changes, and hear of those of the others. */
export interface Bus {
  publish(diff: Diff): void;
  /** Calls `handler` for every change from now on; returns how to stop. */
  subscribe(handler: (diff: Diff) => void): () => void;
}

/** A bus between the gateways of one process. */
export class LocalBus implements Bus {
  #handlers = new Set<(diff: Diff) => void>();

  publish(diff: Diff): void {
    for (const handler of this.#handlers) handler(diff);
  }

  subscribe(handler: (diff: Diff) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }
}
