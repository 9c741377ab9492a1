/**
 * Public incidents as data: what happened, in numbers, where it is told, and which tension it shows.
 *
 * @example
 * ```ts
 * import { readIncidents } from "lib/systems/mental_models/incidents.ts";
 * import { assert } from "@std/assert";
 *
 * const github = readIncidents().find(({ id }) => id === "github-2018")!;
 * assert(github.numbers.some(({ value, unit }) => value === 43 && unit === "s"));
 * ```
 *
 * @module
 */
import { Ajv } from "ajv";
import raw from "../../../data/incidents.json" with { type: "json" };

/** Two goods of which one is had at the cost of the other. */
export const TENSIONS = ["latency/throughput", "consistency/availability", "build/buy"] as const;
export type Tension = typeof TENSIONS[number];

/** Where a system stood when it failed. */
export interface Place {
  readonly tension: Tension;
  readonly side: string;
  readonly reason: string;
  /** The toggles of a register that behaves alike. */
  readonly readQuorum?: number;
  readonly writeQuorum?: number;
}

export interface Incident {
  readonly id: string;
  readonly title: string;
  readonly system: string;
  /** Year, month and day. */
  readonly date: string;
  /** The owner's own account. */
  readonly source: string;
  readonly tensions: readonly Tension[];
  /** Ids of the model cards that explain it. */
  readonly cards: readonly string[];
  readonly numbers: readonly { what: string; value: number; unit: string }[];
  /** `users` only where somebody has counted them. */
  readonly impact: { text: string; users?: number; minutes: number; usersFrom: string };
  readonly cause: string;
  readonly place?: Place;
  readonly timeline: readonly { at: string; what: string }[];
}

const text = { type: "string", minLength: 1 };
const count = { type: "number", exclusiveMinimum: 0 };
const some = (items: unknown) => ({ type: "array", minItems: 1, items });
const shape = (properties: Record<string, unknown>, required = Object.keys(properties)) => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const placed = { tension: { enum: TENSIONS }, side: text, reason: text };
const quorums = { readQuorum: count, writeQuorum: count };
const isIncidents = new Ajv({ allErrors: true }).compile<Incident[]>(some(shape({
  id: { type: "string", pattern: "^[a-z0-9-]+$" },
  title: text,
  system: text,
  date: { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\d$" },
  source: { type: "string", pattern: "^https://" },
  tensions: some({ enum: TENSIONS }),
  cards: some(text),
  numbers: some(shape({ what: text, value: count, unit: text })),
  impact: shape({ text, users: count, minutes: count, usersFrom: text }, [
    "text",
    "minutes",
    "usersFrom",
  ]),
  cause: text,
  place: shape({ ...placed, ...quorums }, Object.keys(placed)),
  timeline: some(shape({ at: text, what: text })),
}, [
  ...["id", "title", "system", "date", "source", "tensions", "cards", "numbers"],
  ...["impact", "cause", "timeline"],
])));

/**
 * Checks incidents, ours from `data/incidents.json` by default.
 *
 * @throws {TypeError} When one lacks a source or anything else; the message names all places.
 */
export function readIncidents(incidents: unknown = raw): Incident[] {
  if (isIncidents(incidents)) return incidents;
  const wrong = isIncidents.errors!.map(({ instancePath, message }) =>
    `${instancePath} ${message}`
  );
  throw new TypeError(`Cannot read incidents: ${wrong.join("; ")}`);
}
