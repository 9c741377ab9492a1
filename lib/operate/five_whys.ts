/**
 * Five whys, begun at the users: a tree of questions whose ends are things that somebody can change.
 *
 * The first question is always who was hurt, for how long, and in what way, as a number with a unit;
 * without it there is no second one. Then three branches ask why it could happen, why nobody saw it
 * sooner and why it took so long to end, each down to the interventions of the model that explains it.
 *
 * Simplified: the tree is a questionnaire, filled in by people; it proposes, and does not know.
 *
 * @example
 * ```ts
 * import { fiveWhys, leaves } from "lib/operate/five_whys.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tree = fiveWhys({
 *   impact: "30 s slower page loads", users: 12_000, minutes: 14, cause: "a full queue",
 *   model: { name: "Back-pressure triangle", tension: "delay or loss", indicators: ["queue depth"],
 *     interventions: ["bound the queue", "carry the deadline"] },
 * });
 * assertEquals(tree.answer, "12,000 users × 14 minutes = 168,000 user-minutes: 30 s slower page loads");
 * assertEquals(leaves(tree).every(({ change }) => change !== undefined), true);
 * ```
 *
 * @module
 */

/** The model that the questions are taken from: a part of a model card. */
export interface WhyModel {
  readonly name: string;
  readonly tension: string;
  readonly indicators: readonly string[];
  readonly interventions: readonly string[];
}

/** What happened. */
export interface WhyInput {
  /** What users noticed, with a number and its unit: `30 s slower page loads`. */
  readonly impact: string;
  readonly users: number;
  readonly minutes: number;
  /** What set it off, as far as it is known. */
  readonly cause: string;
  readonly model: WhyModel;
}

/** A question with what is known, and the questions that follow from it. */
export interface Why {
  readonly question: string;
  readonly answer?: string;
  readonly because: readonly Why[];
  /** At an end of the tree: what somebody can change. */
  readonly change?: string;
}

/**
 * Builds the tree.
 *
 * @throws {TypeError} When the impact is no number with a unit: it refuses to go on without.
 * @throws {RangeError} When users or minutes are not positive, or the model offers no intervention.
 */
export function fiveWhys(input: WhyInput): Why {
  const { impact, users, minutes, cause, model } = input;
  if (!/\d[\d.,]*\s*(%|[a-zA-Zµ])/.test(impact)) {
    throw new TypeError(
      `Cannot ask why: impact must be a number with its unit, such as "30 s slower page loads": ` +
        `received ${JSON.stringify(impact)}; ask the users before you ask about technology`,
    );
  }
  for (const [name, value] of Object.entries({ users, minutes })) {
    if (value > 0 && value < Infinity) continue;
    throw new RangeError(`Cannot ask why: ${name} must be above 0: received ${value}`);
  }
  if (model.interventions.length === 0 || model.indicators.length === 0) {
    throw new RangeError(
      `Cannot ask why: model must have indicators and interventions: received ${model.name} without`,
    );
  }
  const [first, ...others] = model.interventions;
  const count = (value: number) => value.toLocaleString("en");
  const ask = (question: string, because: readonly Why[], answer?: string): Why => ({
    question,
    ...(answer !== undefined && { answer }),
    because,
  });
  const end = (question: string, change: string): Why => ({ question, because: [], change });
  const prevented = ask("Why could that reach users?", [
    ask(`Between ${model.tension}: why did the design choose as it did?`, [
      end("Why was the other side not within reach?", first),
    ], "nobody wrote the choice down"),
  ], cause);
  const noticed = ask("Why was it not seen before users saw it?", [
    ask(`Why did nobody look at this: ${model.indicators[0]}?`, [
      end("Why did it not ring?", `alert on ${model.indicators.join(", ")}`),
    ], "it is not on a dashboard that somebody reads"),
  ]);
  const ended = ask(`Why did it last ${count(minutes)} minutes?`, [
    ask(
      "Why was the way out not at hand?",
      (others.length > 0 ? others : [first]).map((change) =>
        end("Why was it not practised?", `practise: ${change}`)
      ),
      "the runbook did not have it",
    ),
  ]);
  const total = `${count(users)} users × ${count(minutes)} minutes = ${
    count(users * minutes)
  } user-minutes: ${impact}`;
  return ask("Who was hurt, for how long, and in what way?", [
    ask("Why did they notice?", [prevented, noticed, ended]),
  ], total);
}

/** The ends of the tree, from left to right. */
export function leaves(why: Why): Why[] {
  return why.because.length === 0 ? [why] : why.because.flatMap(leaves);
}

/** The tree as a nested list in Markdown. */
export function whysMarkdown(why: Why, depth = 0): string {
  const answer = why.answer === undefined ? "" : ` ${plain(why.answer)}.`;
  const change = why.change === undefined ? "" : ` → **Change:** ${plain(why.change)}.`;
  return [
    `${"  ".repeat(depth)}- *${plain(why.question)}*${answer}${change}`,
    ...why.because.map((next) => whysMarkdown(next, depth + 1)),
  ].join("\n");
}

/** Text that Markdown takes as it is. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_[\]<>|#]/g, "\\$&");
}
