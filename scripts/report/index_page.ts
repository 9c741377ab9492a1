/**
 * The first page of a report: every session with its question, its numbers and its pictures, then
 * all published numbers, acceptance lines and changed assumptions in tables.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Accepted, Assumption, Published } from "../run/facts.ts";
import { type Chart, toPicture, withoutTitle } from "./chart.ts";
import { toDocument } from "./document.ts";
import type { Entry } from "./entry.ts";
import { fragment, type Html } from "./html.ts";
import {
  acceptanceTable,
  assumptionTable,
  type Origin,
  publishedTable,
  resultTiles,
} from "./tables.ts";

/** More pictures than this make a page that nobody scrolls through. */
const PICTURES_A_SESSION = 3;
const RESULTS_A_SESSION = 6;

async function thumbnail(chart: Chart, link: string): Promise<Html | undefined> {
  let svg: string;
  try {
    svg = await toPicture(chart, withoutTitle(chart));
  } catch {
    // Its page says why it cannot be drawn.
    return undefined;
  }
  const address = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
  return fragment`<a class="thumbnail" href="${link}">
<img src="${address}" alt="${chart.description}" loading="lazy"><span>${chart.title}</span>
</a>
`;
}

async function thumbnails(entry: Entry): Promise<Html[]> {
  const pictures: Html[] = [];
  for (const [i, chart] of entry.charts.entries()) {
    if (pictures.length === PICTURES_A_SESSION) break;
    const drawn = await thumbnail(chart, `${entry.session.stem}.html#chart-${i + 1}`);
    if (drawn !== undefined) pictures.push(drawn);
  }
  return pictures;
}

function banners({ failure, changes, hasRun, facts }: Entry): Html[] {
  const failed = (text: string) => fragment`<p class="banner failed">${text}</p>\n`;
  if (!hasRun) return [fragment`<p class="banner">Not run yet.</p>\n`];
  const found: Html[] = [];
  if (changes.length > 0) {
    found.push(fragment`<p class="banner changed">Run with ${changes.join(", ")}.</p>\n`);
  }
  if (failure !== undefined) {
    const where = failure.cell === undefined ? "" : ` in cell ${failure.cell}`;
    found.push(failed(`Stopped${where}: ${failure.message}`));
  }
  const missed = [...facts.published, ...facts.accepted].filter(({ pass }) => !pass);
  if (missed.length > 0) {
    found.push(failed(`No longer holds: ${missed.map(({ name }) => name).join("; ")}.`));
  }
  return found;
}

async function card(entry: Entry): Promise<Html> {
  const { session, facts } = entry;
  const results = facts.results.slice(0, RESULTS_A_SESSION);
  const number = session.number && fragment`<span class="number">${session.number}</span> `;
  const pictures = await thumbnails(entry);
  return fragment`
<article class="session">
<h3>${number}<a href="${session.stem}.html">${session.title}</a></h3>
${session.question && fragment`<p class="question">${session.question}</p>`}
${banners(entry)}
${results.length > 0 && resultTiles(results)}
${pictures.length > 0 && fragment`<div class="thumbnails">${pictures}</div>`}
</article>
`;
}

/** Facts of all notebooks, each with a link to its own. */
function located<Fact>(entries: readonly Entry[], facts: (entry: Entry) => readonly Fact[]) {
  const name = ({ session }: Entry) => session.number ?? session.title;
  const byName = Map.groupBy(entries, name);
  return entries.flatMap((entry) => {
    const { stem } = entry.session;
    // The runs of a sweep differ in what was changed.
    const isShared = byName.get(name(entry))!.length > 1;
    const text = [name(entry), ...(isShared ? entry.changes : [])].join(", ");
    const origin: Origin = { text, link: `${stem}.html` };
    return facts(entry).map((fact) => ({ ...fact, origin }));
  });
}

function overview(
  entries: readonly Entry[],
  published: readonly Published[],
  accepted: readonly Accepted[],
): Html {
  const charts = entries.reduce((sum, entry) => sum + entry.charts.length, 0);
  const passed = (checks: readonly { pass: boolean }[]) =>
    `${checks.filter(({ pass }) => pass).length} of ${checks.length}`;
  const tiles = [
    { name: entries.length === 1 ? "notebook" : "notebooks", text: `${entries.length}` },
    { name: "charts", text: `${charts}` },
  ];
  if (published.length > 0) {
    tiles.push({ name: "published numbers reproduced", text: passed(published) });
  }
  if (accepted.length > 0) tiles.push({ name: "acceptance lines hold", text: passed(accepted) });
  return resultTiles(tiles);
}

function section<Row>(
  title: string,
  rows: readonly Row[],
  table: (rows: readonly Row[]) => Html,
): Html | undefined {
  if (rows.length === 0) return undefined;
  return fragment`<section><h2>${title}</h2>${table(rows)}</section>\n`;
}

function weekName(entry: Entry): string {
  return entry.session.week === undefined ? "Other notebooks" : `Week ${entry.session.week}`;
}

/** Where the outputs come from, with counts when not all come from one place. */
function origins(entries: readonly Entry[]): Html | undefined {
  const byOrigin = Map.groupBy(entries, ({ executed }) => executed.origin ?? "");
  byOrigin.delete("");
  if (byOrigin.size === 0) return undefined;
  const list = [...byOrigin].map(([origin, from]) =>
    from.length === entries.length ? origin : `${origin} (${from.length})`
  );
  return fragment`<p class="meta"><span>Outputs from ${list.join(", ")}</span></p>`;
}

/** The page's text. */
export async function indexPage(entries: readonly Entry[]): Promise<string> {
  const published = located<Published>(entries, ({ facts }) => facts.published);
  const accepted = located<Accepted>(entries, ({ facts }) => facts.accepted);
  const changed = located<Assumption>(
    entries,
    ({ facts }) => facts.assumptions.filter((assumption) => assumption.changed),
  );
  const weeks: Html[] = [];
  // What belongs to no week comes behind the sessions.
  const inOrder = entries.toSorted((a, b) =>
    Number(a.session.week === undefined) - Number(b.session.week === undefined)
  );
  for (const [week, ofWeek] of Map.groupBy(inOrder, weekName)) {
    const cards: Html[] = [];
    for (const entry of ofWeek) cards.push(await card(entry));
    weeks.push(fragment`<section class="week"><h2>${week}</h2>${cards}</section>\n`);
  }
  return await toDocument({
    title: "System Design Workshop",
    description: "What the sessions found, in numbers and pictures.",
    bodyClass: "index",
    body: fragment`<main>
<header class="opening">
<p class="kicker">Report</p>
<h1>System Design Workshop</h1>
${origins(entries)}
${overview(entries, published, accepted)}
</header>
${weeks}
${section("Assumptions changed", changed, assumptionTable)}
${section("Published numbers, reproduced", published, publishedTable)}
${section("Acceptance", accepted, acceptanceTable)}
</main>`,
  });
}
