/**
 * How far to zoom into a design before deciding: skim, sketch, model, prototype or prove.
 *
 * Five questions give points, and the points a level. Three answers are hard triggers that no low
 * score can talk away: P0 risk asks for a prototype at least, a new workload for a model, and a
 * regulator for a model. More of anything never lowers the level.
 *
 * | level | what it asks for |
 * | --- | --- |
 * | skim | read it, and say yes or no |
 * | sketch | boxes, arrows and an estimate on one page |
 * | model | the numbers in a notebook, with the assumption that moves them most |
 * | prototype | the risky part built and broken once |
 * | prove | a checker, a proof or a drill in production, and somebody who signs |
 *
 * @example
 * ```ts
 * import { zoom } from "lib/operate/rubric.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const login = { risk: "P2", novelty: "known", regulation: false, blastRadius: "team" } as const;
 * assertEquals(zoom({ ...login, reversible: true }).decision, "skim");
 * assertEquals(zoom({ ...login, reversible: true, risk: "P0" }).decision, "prototype");
 * ```
 *
 * @module
 */

/** What is known of a design. */
export interface Design {
  /** P0: money, data or safety are lost when it fails. */
  readonly risk: "P0" | "P1" | "P2" | "P3";
  readonly novelty: "known" | "changed" | "new";
  /** Whether a law, an auditor or a contract asks for evidence. */
  readonly regulation: boolean;
  /** Who notices when it fails. */
  readonly blastRadius: "team" | "product" | "company" | "public";
  /** Whether it can be undone within a day. */
  readonly reversible: boolean;
}

/** How far to zoom in, from least to most. */
export const LEVELS = ["skim", "sketch", "model", "prototype", "prove"] as const;
export type Level = typeof LEVELS[number];

/** The verdict: points from 0 to 10, and what decided. */
export interface Zoom {
  readonly score: number;
  readonly decision: Level;
  readonly reasons: readonly string[];
}

const POINTS = {
  risk: { P3: 0, P2: 1, P1: 2, P0: 3 },
  novelty: { known: 0, changed: 1, new: 2 },
  blastRadius: { team: 0, product: 1, company: 2, public: 3 },
} as const;
/** The level begins at so many points. */
const FROM = [0, 2, 4, 6, 8];

/**
 * Decides how far to zoom in.
 *
 * @throws {RangeError} When an answer is none of those that the rubric knows.
 */
export function zoom(design: Design): Zoom {
  const { risk, novelty, regulation, blastRadius, reversible } = design;
  const parts = [
    { points: pointsOf("risk", risk), reason: `risk ${risk}` },
    { points: pointsOf("novelty", novelty), reason: `workload is ${novelty}` },
    { points: pointsOf("blastRadius", blastRadius), reason: `seen by the ${blastRadius}` },
    { points: regulation ? 1 : 0, reason: "somebody asks for evidence" },
    { points: reversible ? 0 : 1, reason: "cannot be undone within a day" },
  ];
  const score = parts.reduce((sum, { points }) => sum + points, 0);
  const triggers: [boolean, Level, string][] = [
    [risk === "P0", "prototype", "P0 risk: at least a prototype"],
    [novelty === "new", "model", "new workload: at least a model"],
    [regulation, "model", "regulation: at least a model"],
  ];
  const pulled = triggers.filter(([holds]) => holds);
  const level = Math.max(
    FROM.findLastIndex((points) => score >= points),
    ...pulled.map(([, least]) => LEVELS.indexOf(least)),
  );
  const reasons = [
    ...pulled.map(([, , reason]) => reason),
    ...parts.filter(({ points }) => points > 0).map(({ points, reason }) => `${reason}: ${points}`),
  ];
  return { score, decision: LEVELS[level], reasons };
}

function pointsOf<K extends keyof typeof POINTS>(name: K, answer: string): number {
  const points = (POINTS[name] as Record<string, number>)[answer];
  if (points !== undefined) return points;
  throw new RangeError(
    `Cannot rate design: ${name} must be ${
      Object.keys(POINTS[name]).join(", ")
    }: received ${answer}`,
  );
}
