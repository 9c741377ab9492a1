/**
 * What stops a test before its end: clicks, hides, late answers and unfair lists, each beyond chance.
 *
 * The unit is the query, as the query is what an arm answers: clicks in one list depend on each other, and counting each
 * showing for itself would find differences that are none. Every guardrail is the mean of one number a query, compared
 * with the control's (clicks, hides, late) or with 0 (fairness: attention per merit of one cohort minus `fairRatio` times
 * that of another). Who looks often finds something some time, so that the k-th look may spend 6/π²k² of `alpha`, shared
 * by all guardrails: the sum over all looks, however many, is `alpha`.
 *
 * Simplified: means are taken as normal, which wants some dozens of queries a look; the sharing is a union bound, which
 * stops somewhat later than a sequential test of the exact likelihood would.
 *
 * @example
 * ```ts
 * import { Guardrails } from "lib/systems/affinity/guardrails.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const guardrails = new Guardrails({ share: [0.9, 0.1], fairRatio: 0.8, latencyMs: 80 });
 * for (let n = 0; n < 200; n++) {
 *   const lists = { hides: 0, latencyMs: 5, attention: [0.9, 0.1] };
 *   guardrails.record("control", { ...lists, clicks: n % 3 });
 *   guardrails.record("treatment", { ...lists, clicks: n % 2 });
 * }
 * assertEquals(guardrails.stoppedBy, "clicks");
 * ```
 *
 * Source: Kohavi, Tang, Xu, Trustworthy Online Controlled Experiments, 2020, chapters 18 and 21.
 *
 * @module
 */
import { normalQuantile } from "../../estimate/normal.ts";

/** What one query came to. */
export interface QueryOutcome {
  clicks: number;
  hides: number;
  latencyMs: number;
  /** What each cohort got of this list's places. */
  attention: readonly number[];
}

export interface GuardrailOptions {
  /** Of merit, by cohort, together 1. */
  share: readonly number[];
  /** The least attention per merit over the most. */
  fairRatio: number;
  /** An answer is late beyond this. */
  latencyMs: number;
  /** Tests of equal arms that may be stopped. */
  alpha?: number;
  /** Queries of the treatment between two looks. */
  every?: number;
}

export type ArmName = "control" | "treatment";

export class Guardrails {
  /** The guardrail that stopped the test, if one did. */
  stoppedBy?: string;
  readonly queries: Record<ArmName, number> = { control: 0, treatment: 0 };
  #options: Required<GuardrailOptions>;
  #arms: Record<ArmName, Map<string, Running>>;
  #looks = 0;

  constructor(options: GuardrailOptions) {
    this.#options = { alpha: 0.01, every: 40, ...options };
    const { alpha, every } = this.#options;
    if (!(alpha > 0 && alpha < 1) || !(every >= 1)) {
      throw new RangeError(
        `Cannot guard test: alpha must be in 0 to 1 and every at least 1: received ${alpha}, ${every}`,
      );
    }
    this.#arms = { control: new Map(), treatment: new Map() };
  }

  /** Takes in a query, and returns what stopped the test, if anything did. */
  record(arm: ArmName, outcome: QueryOutcome): string | undefined {
    this.queries[arm]++;
    for (const [name, value] of this.#numbers(outcome)) {
      let running = this.#arms[arm].get(name);
      if (running === undefined) this.#arms[arm].set(name, running = new Running());
      running.add(value);
    }
    if (arm === "treatment" && this.queries.treatment % this.#options.every === 0) this.#look();
    return this.stoppedBy;
  }

  /** One number a guardrail: the larger its mean, the worse. */
  *#numbers({ clicks, hides, latencyMs, attention }: QueryOutcome): Generator<[string, number]> {
    yield ["clicks", -clicks];
    yield ["hides", hides];
    yield ["latency", latencyMs > this.#options.latencyMs ? 1 : 0];
    const { share, fairRatio } = this.#options;
    for (let most = 0; most < share.length; most++) {
      for (let least = 0; least < share.length; least++) {
        if (most === least) continue;
        const lack = fairRatio * attention[most] / share[most] - attention[least] / share[least];
        yield [`fairness ${least}:${most}`, lack];
      }
    }
  }

  #look(): void {
    if (this.stoppedBy !== undefined || this.queries.control < 2) return;
    const { control, treatment } = this.#arms;
    const spent = this.#options.alpha * 6 / (Math.PI * ++this.#looks) ** 2 / treatment.size;
    const limit = normalQuantile(1 - spent);
    let worst = limit;
    for (const [name, running] of treatment) {
      const other = name.startsWith("fairness") ? undefined : control.get(name);
      const excess = running.mean - (other?.mean ?? 0);
      const error = Math.sqrt(running.errorSquared + (other?.errorSquared ?? 0));
      if (excess <= 0 || excess / error <= worst) continue;
      [worst, this.stoppedBy] = [excess / error, name.split(" ")[0]];
    }
  }
}

/** Mean and error of values as they come (Welford). */
class Running {
  count = 0;
  mean = 0;
  #squares = 0;

  add(value: number): void {
    const gap = value - this.mean;
    this.mean += gap / ++this.count;
    this.#squares += gap * (value - this.mean);
  }

  /** The squared standard error of the mean; infinite before there are two. */
  get errorSquared(): number {
    return this.count < 2 ? Infinity : this.#squares / (this.count - 1) / this.count;
  }
}
