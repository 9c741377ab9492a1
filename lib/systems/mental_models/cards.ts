/**
 * Model cards: what a mental model is for, what to watch, what to do, and when it fails.
 *
 * A card that nobody has reviewed for 90 days is due; an archived one stays, with the reason, so that
 * it is not written again. Each of the 42 sessions has a checklist: which models apply, and the one
 * question to ask. `adoption` counts which documents name a card.
 *
 * @example
 * ```ts
 * import { adoption, dueForReview, readCards } from "lib/systems/mental_models/cards.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cards = readCards();
 * assertEquals(dueForReview(cards, "2026-11-20").map(({ id }) => id), ["build-or-buy"]);
 * const { share } = adoption(["We chose by the *CAP toggles*.", "Boxes and arrows."], cards);
 * assertEquals(share, 0.5);
 * ```
 *
 * @module
 */
import cards from "../../../data/model_cards.json" with { type: "json" };
import checklists from "../../../data/checklists.json" with { type: "json" };

export interface Card {
  readonly id: string;
  readonly name: string;
  readonly scenario: string;
  readonly tension: string;
  readonly indicators: readonly string[];
  readonly interventions: readonly string[];
  /** What to do when it gets worse, and whom to call. */
  readonly escalation: string;
  readonly failsWhen: string;
  readonly antiPatterns: readonly string[];
  /** Year, month and day. */
  readonly lastReviewed: string;
  /** Why it is not used any more. */
  readonly archived?: string;
}

/** What to ask in a session's design review. */
export interface Checklist {
  readonly session: number;
  /** Ids of cards. */
  readonly models: readonly string[];
  readonly question: string;
}

/** Days after which a card must be looked at again. */
export const REVIEW_DAYS = 90;

/** All cards, archived ones too. */
export function readCards(): Card[] {
  return cards;
}

/** The checklists of the sessions, by number. */
export function readChecklists(): Checklist[] {
  return checklists;
}

/** Whole days since the last review. */
export function ageDays({ lastReviewed }: Card, today: string): number {
  return Math.floor((Date.parse(today) - Date.parse(lastReviewed)) / 86_400_000);
}

/** Cards in use that nobody has reviewed for 90 days; `today` as year, month and day. */
export function dueForReview(cards: readonly Card[], today: string): Card[] {
  return cards.filter((card) => !card.archived && ageDays(card, today) > REVIEW_DAYS);
}

/** A card as Markdown. */
export function cardMarkdown(card: Card): string {
  const list = (items: readonly string[]) => items.map((item) => `- ${item}`).join("\n");
  return [
    `# ${card.name}`,
    ...(card.archived ? [`**Archived:** ${card.archived}`] : []),
    `**Scenario.** ${card.scenario}`,
    `**Tension.** ${card.tension}.`,
    `**Indicators**\n\n${list(card.indicators)}`,
    `**Interventions**\n\n${list(card.interventions)}`,
    `**Escalation path.** ${card.escalation}`,
    `**Fails when.** ${card.failsWhen}`,
    `**Anti-patterns**\n\n${list(card.antiPatterns)}`,
    `Last reviewed ${card.lastReviewed}.`,
  ].join("\n\n") + "\n";
}

/** How many documents name a card that is in use, and how often each is named. */
export function adoption(
  documents: readonly string[],
  cards: readonly Card[],
): { share: number; byCard: { card: string; documents: number }[] } {
  const inUse = cards.filter(({ archived }) => !archived);
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, " ");
  const texts = documents.map((text) => ` ${plain(text)} `);
  const names = (text: string, { name }: Card) => text.includes(` ${plain(name).trim()} `);
  const citing = texts.filter((text) => inUse.some((card) => names(text, card))).length;
  return {
    share: documents.length === 0 ? 0 : citing / documents.length,
    byCard: inUse.map((card) => ({
      card: card.name,
      documents: texts.filter((text) => names(text, card)).length,
    })),
  };
}
