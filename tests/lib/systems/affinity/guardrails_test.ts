import { assert, assertEquals, assertThrows } from "@std/assert";
import { stream } from "../../../../lib/sim/random.ts";
import { Guardrails, type QueryOutcome } from "../../../../lib/systems/affinity/guardrails.ts";

const SHARE = [0.8, 0.12, 0.08];
type Draw = (random: () => number) => QueryOutcome;

/** A list of ten whose viewer is keener or less keen: clicks of one list depend on each other. */
const usual: Draw = (random) => {
  const keen = 0.4 * random(), attention = [0, 0, 0];
  let [clicks, hides] = [0, 0];
  for (let place = 0; place < 10; place++) {
    const toss = random();
    attention[toss < 0.8 ? 0 : toss < 0.92 ? 1 : 2]++;
    if (random() < keen) clicks++;
    else if (random() < 0.02) hides++;
  }
  return { clicks, hides, attention, latencyMs: random() < 0.005 ? 200 : 10 };
};
const worse: Record<string, Draw> = {
  clicks: (random) => {
    const one = usual(random);
    return { ...one, clicks: Math.floor(one.clicks / 2) };
  },
  hides: (random) => ({ ...usual(random), hides: random() < 0.6 ? 1 : 0 }),
  latency: (random) => ({ ...usual(random), latencyMs: random() < 0.1 ? 100 : 10 }),
  fairness: (random) => ({ ...usual(random), attention: random() < 0.5 ? [10, 0, 0] : [9, 1, 0] }),
};

function run(treatment: Draw, seed: number, queries: number): Guardrails {
  const guardrails = new Guardrails({ share: SHARE, fairRatio: 0.5, latencyMs: 80 });
  const random = stream(seed);
  for (let n = 0; n < queries && guardrails.stoppedBy === undefined; n++) {
    guardrails.record("control", usual(random));
    guardrails.record("treatment", treatment(random));
  }
  return guardrails;
}

Deno.test("Guardrails stop what is worse, for the reason that it is", () => {
  for (const [reason, treatment] of Object.entries(worse)) {
    for (const seed of [1, 2, 3]) {
      const { stoppedBy, queries } = run(treatment, seed, 2000);
      assertEquals(stoppedBy, reason);
      assert(queries.treatment < 1000, `${reason} after ${queries.treatment}`);
    }
  }
});

Deno.test("Guardrails let equal arms run, however often they look", () => {
  let stopped = 0;
  for (let seed = 0; seed < 300; seed++) if (run(usual, 100 + seed, 800).stoppedBy) stopped++;
  assert(stopped <= 7, `${stopped} of 300`); // 3 expected at the most
});

Deno.test("Guardrails look at nothing before both arms have some, and refuse nonsense", () => {
  const options = { share: SHARE, fairRatio: 0.8, latencyMs: 80 };
  const guardrails = new Guardrails({ ...options, every: 1 });
  const late = { clicks: 0, hides: 9, latencyMs: 999, attention: [1, 0, 0] };
  for (let n = 0; n < 50; n++) assertEquals(guardrails.record("treatment", late), undefined);
  assertThrows(
    () => new Guardrails({ ...options, alpha: 0 }),
    RangeError,
    "alpha must be in 0 to 1",
  );
});
