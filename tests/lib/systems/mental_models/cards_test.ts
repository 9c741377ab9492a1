import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  adoption,
  ageDays,
  cardMarkdown,
  dueForReview,
  readCards,
  readChecklists,
} from "lib/systems/mental_models/cards.ts";
import { readIncidents, TENSIONS } from "lib/systems/mental_models/incidents.ts";

const cards = readCards();

Deno.test("readIncidents() has two incidents a tension, and a card for each", () => {
  const incidents = readIncidents();
  assert(incidents.length >= 8);
  assertEquals(new Set(incidents.map(({ id }) => id)).size, incidents.length);
  for (const tension of TENSIONS) {
    assert(incidents.filter(({ tensions }) => tensions.includes(tension)).length >= 2, tension);
    assert(incidents.filter(({ place }) => place?.tension === tension).length >= 2, tension);
  }
  for (const { id, cards: ids } of incidents) {
    assert(ids.every((one) => cards.some((card) => card.id === one && !card.archived)), id);
  }
});

Deno.test("readIncidents() refuses an incident without a source, and says which", () => {
  const [first, second] = readIncidents();
  const { source: _, ...without } = second;
  assertThrows(
    () => readIncidents([first, without]),
    TypeError,
    "/1 must have required property 'source'",
  );
  const hearsay = { ...second, source: "somebody told me" };
  assertThrows(() => readIncidents([hearsay]), TypeError, "/0/source must match pattern");
});

Deno.test("readChecklists() has one for each of the 42 sessions, with cards that are in use", () => {
  const checklists = readChecklists();
  assertEquals(
    checklists.map(({ session }) => session),
    Array.from({ length: 42 }, (_, i) => i + 1),
  );
  for (const { session, models, question } of checklists) {
    assert(question.endsWith("?"), `${session}`);
    assert(models.length > 0, `${session}`);
    assert(
      models.every((id) => cards.some((card) => card.id === id && !card.archived)),
      `${session}`,
    );
  }
});

Deno.test("dueForReview() flags after 90 days and leaves archived cards alone", () => {
  const card = { ...cards[0], lastReviewed: "2026-01-01" };
  assertEquals(ageDays(card, "2026-04-01"), 90);
  assertEquals(dueForReview([card], "2026-04-01"), []);
  assertEquals(dueForReview([card], "2026-04-02"), [card]);
  assertEquals(dueForReview([{ ...card, archived: "refuted" }], "2026-04-02"), []);
});

Deno.test("cardMarkdown() has every field, and the reason of an archived card", () => {
  const archived = cards.find((card) => card.archived)!;
  const markdown = cardMarkdown(archived);
  for (
    const part of ["Archived", "Scenario", "Tension", "Indicators", "Fails when", "Anti-patterns"]
  ) {
    assert(markdown.includes(`**${part}`), part);
  }
});

Deno.test("adoption() counts documents that name a card in use, whole words only", () => {
  const documents = [
    "We took the **Back-pressure triangle** and shed.",
    "See CAP\ntoggles, and the hot path decomposition too.",
    "A captain toggles the lamp.",
    "Overlapping quorums are strong.",
  ];
  const { share, byCard } = adoption(documents, cards);
  assertEquals(share, 0.5);
  assertEquals(byCard.map(({ documents }) => documents), [1, 1, 1, 0]);
  assertEquals(adoption([], cards).share, 0);
});
