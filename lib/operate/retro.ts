/**
 * A retrospective of half an hour, as a script: agenda, timeline, models, questions, actions.
 *
 * Five slots share the time in fixed proportions and add up to it exactly; whoever brings slots of
 * their own is told by how much they are over. Titles may hold anything that people write: in Markdown
 * and HTML they come out as text.
 *
 * @example
 * ```ts
 * import { retro } from "lib/operate/retro.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { agenda, markdown } = retro({
 *   incident: { title: "Checkout | slow", impact: "12,000 users × 14 minutes", source: "https://example.org/1" },
 *   models: [{ name: "Hot path", question: "Which step dominates p99?" }],
 *   timeline: [{ at: "10:02", what: "deployed" }, { at: "10:16", what: "rolled back" }],
 *   participants: ["on call", "product"],
 * });
 * assertEquals(agenda.reduce((sum, { minutes }) => sum + minutes, 0), 30);
 * assertEquals(markdown.includes("Checkout \\| slow"), true);
 * ```
 *
 * @module
 */

/** A part of the agenda. */
export interface Slot {
  readonly title: string;
  readonly minutes: number;
  /** What the facilitator says and does. */
  readonly script: string;
}

/** What a retrospective is about. */
export interface RetroInput {
  readonly incident: { readonly title: string; readonly impact: string; readonly source: string };
  /** Models with the question that each asks. */
  readonly models: readonly { readonly name: string; readonly question: string }[];
  readonly timeline: readonly { readonly at: string; readonly what: string }[];
  readonly participants: readonly string[];
  /** Length in minutes; default 30. */
  readonly minutes?: number;
  /** Slots instead of the five usual ones. */
  readonly slots?: readonly Slot[];
}

/** The script, in two forms, and its agenda with the minute at which each slot begins. */
export interface Retro {
  readonly markdown: string;
  readonly html: string;
  readonly agenda: readonly (Slot & { readonly from: number })[];
}

/** Shares of the time, of thirty. */
const USUAL: readonly Slot[] = [
  { title: "Who was hurt", minutes: 4, script: "Read the impact aloud. No names, no causes yet." },
  { title: "What happened", minutes: 6, script: "Walk the timeline; add what is missing." },
  {
    title: "Which model explains it",
    minutes: 9,
    script: "One model a round: tension, indicator.",
  },
  { title: "Five whys", minutes: 6, script: "Fill in the worksheet down to something to change." },
  { title: "Who changes what", minutes: 5, script: "Three actions at most: owner, date, measure." },
];

/**
 * Writes the script.
 *
 * @throws {TypeError} When timeline, models or participants are missing.
 * @throws {RangeError} When the slots do not add up to the length; the message has the surplus.
 */
export function retro(input: RetroInput): Retro {
  const { incident, models, timeline, participants, minutes = 30 } = input;
  for (const [name, list] of Object.entries({ timeline, models, participants })) {
    if (list.length > 0) continue;
    throw new TypeError(`Cannot write retro: ${name} must not be empty: received none`);
  }
  if (!(Number.isInteger(minutes) && minutes >= USUAL.length)) {
    throw new RangeError(
      `Cannot write retro: minutes must be a whole number from ${USUAL.length}: received ${minutes}`,
    );
  }
  const slots = input.slots ?? stretched(minutes);
  const total = slots.reduce((sum, slot) => sum + slot.minutes, 0);
  if (total !== minutes) {
    const surplus = total - minutes;
    throw new RangeError(
      `Cannot write retro: slots must add up to ${minutes} minutes: received ${total}, ` +
        `${Math.abs(surplus)} too ${surplus > 0 ? "many" : "few"}`,
    );
  }
  let from = 0;
  const agenda = slots.map((slot) => ({ ...slot, from: (from += slot.minutes) - slot.minutes }));
  const sections: Section[] = [
    {
      title: "Agenda",
      head: ["minute", "slot", "minutes", "script"],
      rows: agenda.map((slot) => [`${slot.from}`, slot.title, `${slot.minutes}`, slot.script]),
    },
    { title: "Timeline", head: ["at", "what"], rows: timeline.map(({ at, what }) => [at, what]) },
    {
      title: "Models",
      head: ["model", "question", "answer"],
      rows: models.map(({ name, question }) => [name, question, ""]),
    },
    {
      title: "Actions",
      head: ["what", "owner", "by when", "how we know"],
      rows: [1, 2, 3].map(() => ["", "", "", ""]),
    },
  ];
  const facts = [
    `Impact: ${incident.impact}`,
    `Source: ${incident.source}`,
    `Participants: ${participants.join(", ")}`,
  ];
  const title = `Retro: ${incident.title}`;
  return {
    agenda,
    markdown: asMarkdown(title, facts, sections),
    html: asHtml(title, facts, sections),
  };
}

interface Section {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The usual slots for another length: whole minutes, the largest remainders rounded up. */
function stretched(minutes: number): Slot[] {
  const usual = USUAL.reduce((sum, slot) => sum + slot.minutes, 0);
  const spare = minutes - USUAL.length; // one minute each is the least
  const exact = USUAL.map((slot) => 1 + spare * (slot.minutes - 1) / (usual - USUAL.length));
  const whole = exact.map(Math.floor);
  const byRemainder = exact.map((share, i) => ({ i, rest: share - whole[i] }))
    .sort((a, b) => b.rest - a.rest);
  const missing = minutes - whole.reduce((sum, part) => sum + part, 0);
  for (const { i } of byRemainder.slice(0, missing)) whole[i]++;
  return USUAL.map((slot, i) => ({ ...slot, minutes: whole[i] }));
}

function asMarkdown(title: string, facts: readonly string[], sections: readonly Section[]): string {
  const cell = (text: string) =>
    text.replaceAll(/\s+/g, " ").trim().replaceAll(/[\\`*_[\]<>|#]/g, "\\$&");
  const row = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [
    `# ${cell(title)}`,
    facts.map((fact) => `- ${fact.startsWith("Source: ") ? fact : cell(fact)}`).join("\n"),
    ...sections.flatMap(({ title, head, rows }) => [
      `## ${title}`,
      [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n"),
    ]),
    "",
  ].join("\n\n").trimEnd() + "\n";
}

function asHtml(title: string, facts: readonly string[], sections: readonly Section[]): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  const text = (raw: string) => raw.replaceAll(/[&<>"]/g, (character) => entities[character]);
  const row = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${text(cell)}</${tag}>`).join("")}</tr>`;
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><title>${text(title)}</title></head><body>`,
    `<h1>${text(title)}</h1>`,
    `<ul>${facts.map((fact) => `<li>${text(fact)}</li>`).join("")}</ul>`,
    ...sections.map(({ title, head, rows }) =>
      [
        `<h2>${text(title)}</h2>`,
        `<table><thead>${row("th", head)}</thead><tbody>`,
        ...rows.map((cells) => row("td", cells)),
        "</tbody></table>",
      ].join("\n")
    ),
    "</body></html>",
    "",
  ].join("\n");
}
