/**
 * The life of an alert as Prometheus evaluates it: inactive, pending, firing.
 *
 * At every evaluation the condition holds or not. When it begins to hold the alert is pending, and
 * once it has held for `forMs` it fires; the first evaluation at which it does not hold ends it. A
 * drill steps it with the same numbers that the rule looks at, to learn when the pager would ring.
 *
 * @example
 * ```ts
 * import { AlertState } from "lib/operate/alert_state.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const alert = new AlertState(60_000);
 * const states = [0, 30_000, 60_000, 90_000].map((ms) => alert.evaluate(ms, ms < 90_000));
 * assertEquals(states, ["pending", "pending", "firing", "inactive"]);
 * ```
 *
 * Source: Prometheus documentation, "Alerting rules"; `rules/alerting.go`.
 *
 * @module
 */

/** Where an alert is in its life. */
export type AlertPhase = "inactive" | "pending" | "firing";

/** One alert over time. */
export class AlertState {
  phase: AlertPhase = "inactive";
  /** When it fired first; `undefined` when it never did. */
  firedAtMs: number | undefined;
  #forMs: number;
  #sinceMs: number | undefined;

  constructor(forMs = 0) {
    this.#forMs = forMs;
  }

  /** The phase after an evaluation at `nowMs`. */
  evaluate(nowMs: number, holds: boolean): AlertPhase {
    if (!holds) {
      this.#sinceMs = undefined;
      return this.phase = "inactive";
    }
    this.#sinceMs ??= nowMs;
    this.phase = nowMs - this.#sinceMs >= this.#forMs ? "firing" : "pending";
    if (this.phase === "firing") this.firedAtMs ??= nowMs;
    return this.phase;
  }
}
