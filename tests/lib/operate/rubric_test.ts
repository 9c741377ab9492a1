import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Design, LEVELS, zoom } from "lib/operate/rubric.ts";
import { pick, stream } from "lib/sim/random.ts";

const ORDER = {
  risk: ["P3", "P2", "P1", "P0"],
  novelty: ["known", "changed", "new"],
  blastRadius: ["team", "product", "company", "public"],
  regulation: [false, true],
  reversible: [true, false],
} as const;
type Name = keyof typeof ORDER;

Deno.test("zoom() never lowers the level when an answer gets worse", () => {
  const random = stream(1, "designs");
  const seen = new Set<string>();
  for (let n = 0; n < 1000; n++) {
    const answers = Object.fromEntries(
      Object.entries(ORDER).map(([name, values]) => [name, pick<unknown>(random, values)]),
    ) as unknown as Design;
    const name = pick(random, Object.keys(ORDER) as Name[]);
    const values: readonly unknown[] = ORDER[name];
    const worse = values[Math.min(values.length - 1, values.indexOf(answers[name]) + 1)];
    const [before, after] = [zoom(answers), zoom({ ...answers, [name]: worse })];
    seen.add(before.decision);
    assert(
      LEVELS.indexOf(after.decision) >= LEVELS.indexOf(before.decision),
      Deno.inspect(answers),
    );
    assert(after.score >= before.score);
  }
  assertEquals([...seen].sort(), [...LEVELS].sort());
});

Deno.test("zoom() lets no low score talk a hard trigger away", () => {
  const calm: Design = {
    risk: "P3",
    novelty: "known",
    regulation: false,
    blastRadius: "team",
    reversible: true,
  };
  assertEquals(zoom(calm), { score: 0, decision: "skim", reasons: [] });
  assertEquals(zoom({ ...calm, risk: "P0" }).decision, "prototype");
  assertEquals(zoom({ ...calm, novelty: "new" }).decision, "model");
  const regulated = zoom({ ...calm, regulation: true });
  assertEquals([regulated.decision, regulated.reasons[0]], [
    "model",
    "regulation: at least a model",
  ]);
});

Deno.test("zoom() names the answers that it knows", () => {
  const wrong = { risk: "P9" } as unknown as Design;
  assertThrows(() => zoom(wrong), RangeError, "risk must be P3, P2, P1, P0: received P9");
});
