import { assert, assertEquals, assertMatch } from "@std/assert";
import { bar, line, mermaid, show, type Showable, table } from "../../../lib/show/mod.ts";
import { recordRejection } from "../../../lib/show/rejections.ts";
import { say } from "../../../lib/show/say.ts";
import { recorded } from "./recorded.ts";

const rows = [{ name: "a", v: 1 }, { name: "b", v: 2 }];
const options = { x: "name", y: { field: "v", unit: "ms" } } as const;
const chart = bar(rows, { ...options, title: "b takes twice as long" });

Deno.test("show() sends a chart as Vega-Lite, picture and sentence in one message", async () => {
  const { messages } = await recorded(() => show(chart));
  assertEquals(messages.length, 1);
  const [{ type, data, metadata, transient }] = messages;
  assertEquals([type, transient], ["display_data", {}]);
  assertEquals(Object.keys(data), [
    "application/vnd.vegalite.v5+json",
    "image/png",
    "text/plain",
  ]);
  assertEquals(data["application/vnd.vegalite.v5+json"], chart);
  assertEquals(metadata, { "image/png": { width: 640, height: 360 } });
  const picture = Uint8Array.fromBase64(data["image/png"] as string);
  assertEquals(new TextDecoder().decode(picture.slice(1, 4)), "PNG");
  assertEquals(data["text/plain"], `Chart: b takes twice as long. ${chart.description}`);
});

Deno.test("show() sends several things in order", async () => {
  const diagram = mermaid("flowchart LR\n  a --> b", { title: "a before b" });
  const { messages } = await recorded(() => show("**first**", table(rows), diagram, chart, "last"));
  assertEquals(messages.map(({ data }) => Object.keys(data)[0]), [
    "text/markdown",
    "text/html",
    "text/markdown",
    "application/vnd.vegalite.v5+json",
    "text/markdown",
  ]);
  assertEquals(
    messages[2].data["text/markdown"],
    "**a before b**\n\n```mermaid\nflowchart LR\n  a --> b\n```",
  );
  for (const { data } of messages) assertMatch(String(data["text/plain"]), /\S/);
});

Deno.test("show() refuses what it cannot show, and then shows nothing", async () => {
  const cases: [unknown, string][] = [
    [
      { a: 1 },
      "Cannot show value: it must be a chart, a table, a diagram or Markdown: received { a: 1 }",
    ],
    [5, "received 5"],
    [undefined, "received undefined"],
    ["", "markdown must be a text that is not empty"],
    [Promise.resolve("x"), "; await it first"],
    [line(rows, options), "Cannot show line: title must be the finding, as a sentence"],
    [{ ...chart, description: "" }, "title and description must say what it shows"],
  ];
  for (const [thing, message] of cases) {
    const { messages, error } = await recorded(() => show("before", thing as Showable));
    assert(error instanceof TypeError && error.message.includes(message), `${error}`);
    assertEquals(messages, []);
  }
});

Deno.test("show() throws once for promises that failed unnoticed, and names the first", async () => {
  const cause = new RangeError("lost in a timer");
  recordRejection(cause);
  recordRejection("a text");
  const { messages, error } = await recorded(() => say("x"));
  assertEquals(messages, []);
  assertEquals(
    error?.message,
    "Cannot show outputs: every promise must be awaited: received an unhandled rejection, " +
      "RangeError: lost in a timer (and 1 more)",
  );
  assertEquals(error?.cause, cause);
  assertEquals((await recorded(() => say("x"))).messages.length, 1);
});
