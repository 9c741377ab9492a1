/** What rides in outputs for our tools: results, published numbers, files; and progress. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { quantity } from "../../../lib/estimate/quantity.ts";
import { FACTS } from "../../../lib/show/emit.ts";
import { file, mermaid, progress, published, result } from "../../../lib/show/mod.ts";
import { recorded } from "./recorded.ts";

async function failure(action: () => Promise<unknown>): Promise<string> {
  const { error } = await recorded(action);
  return `${error?.name}: ${error?.message}`;
}

Deno.test("result() carries value, unit and text", async () => {
  const { messages } = await recorded(async () => {
    await result("worst detection", quantity(4.95, "s"));
    await result("gateways", 500, "machines");
    await result("speed-up", 2.5);
  });
  assertEquals(messages.map(({ data }) => data[FACTS]), [
    { kind: "result", name: "worst detection", value: 4.95, unit: "s", text: "4.95 s" },
    { kind: "result", name: "gateways", value: 500, unit: "machines", text: "500 machines" },
    { kind: "result", name: "speed-up", value: 2.5, unit: "1", text: "2.5" },
  ]);
  assertEquals(messages[0].data["text/plain"], "worst detection: 4.95 s");
});

Deno.test("result() checks its name and value", async () => {
  assertEquals(
    await failure(() => result("x", NaN)),
    "RangeError: Cannot show result: x must be finite: received NaN",
  );
  assertEquals(
    await failure(() => result("x", "5" as unknown as number)),
    'TypeError: Cannot show result: x must be a number or a quantity: received "5"',
  );
  assertEquals(
    await failure(() => result("", 5)),
    'TypeError: Cannot show result: name must say what it is: received ""',
  );
});

const claim = { name: "mean periods", source: "SWIM (2002)", expected: 1.582, tolerance: 0.02 };

Deno.test("published() shows the row and passes within the tolerance, ends included", async () => {
  for (const got of [1.58, 1.582 * 1.02, 1.582 * 0.98]) {
    const { messages, error } = await recorded(() => published({ ...claim, got }));
    assertEquals(error, undefined);
    const { data } = messages[0];
    assertEquals(data[FACTS], { kind: "published", ...claim, got, pass: true });
    assert(String(data["text/plain"]).includes("reproduced"));
  }
});

Deno.test("published() prints whole numbers to the last digit", async () => {
  const hash = { ...claim, expected: -973_932_308, tolerance: 0 };
  const { messages, error } = await recorded(() => published({ ...hash, got: hash.expected }));
  assertEquals(error, undefined);
  assert(String(messages[0].data["text/plain"]).includes("−973,932,308"));
  const size = { ...claim, expected: 752_700, got: 752_699.97 };
  const rounded = await recorded(() => published(size));
  assertEquals(String(rounded.messages[0].data["text/plain"]).match(/752.7 k/g)?.length, 2);
});

Deno.test("published() shows a miss, then throws with the numbers", async () => {
  const { messages, error } = await recorded(() => published({ ...claim, got: 1.7 }));
  assert(String(messages[0].data["text/html"]).includes("missed"));
  assertEquals((messages[0].data[FACTS] as { pass: boolean }).pass, false);
  assert(error instanceof RangeError);
  assertEquals(
    error.message,
    "Cannot reproduce mean periods: got must be within 2 % of 1.582 (SWIM (2002)): " +
      "received 1.7, 7.46 % off",
  );
});

Deno.test("published() compares quantities of one unit", async () => {
  const of = (value: number, unit: "s" | "ms") => quantity(value, unit);
  const { messages } = await recorded(() =>
    published({ ...claim, expected: of(2, "s"), got: of(2.01, "s") })
  );
  assertEquals((messages[0].data[FACTS] as { unit: string }).unit, "s");
  assertEquals(
    await failure(() => published({ ...claim, expected: of(2, "s"), got: of(2000, "ms") })),
    "TypeError: Cannot reproduce mean periods: got must be in the unit of expected, s: received 2 s",
  );
});

Deno.test("published() checks its claim", async () => {
  const cases: [Partial<Parameters<typeof published>[0]>, string][] = [
    [{ source: "" }, "TypeError: Cannot compare: source must be a text"],
    [{ tolerance: -1 }, "RangeError: Cannot reproduce mean periods: tolerance must be relative"],
    [{ tolerance: 5 }, "from 0 to below 1: received 5"],
    [{ tolerance: NaN }, "received NaN"],
    [{ got: NaN }, "got must be finite"],
    [{ expected: 0 }, "tolerance must be 0 where the expected value is 0"],
  ];
  for (const [change, message] of cases) {
    const text = await failure(() => published({ ...claim, got: 1.58, ...change }));
    assert(text.includes(message), text);
  }
});

Deno.test("file() carries the text and its media type", async () => {
  const { messages } = await recorded(async () => {
    await file("alerts.yml", "a: <1>\nb: 2\n");
    await file("state.bin.json", "{}", "application/x-state");
  });
  assertEquals(messages[0].data[FACTS], {
    kind: "file",
    name: "alerts.yml",
    mediaType: "application/yaml",
    text: "a: <1>\nb: 2\n",
  });
  assert(String(messages[0].data["text/html"]).includes("a: &lt;1&gt;"));
  assertEquals(messages[0].data["text/plain"], "File alerts.yml (application/yaml, 2 lines)");
  assertEquals((messages[1].data[FACTS] as { mediaType: string }).mediaType, "application/x-state");
});

Deno.test("file() refuses names that leave the folder", async () => {
  for (const name of ["../x", "/etc/passwd", "a/b", ".hidden", "", "a\nb"]) {
    const text = await failure(() => file(name, "x"));
    assert(text.startsWith("TypeError: Cannot show file: name must be letters"), text);
  }
});

Deno.test("progress() rewrites one display and ends in a plain line", async () => {
  const run = () =>
    recorded(async () => {
      const bar = await progress("devices", 2000);
      for (let i = 0; i < 2000; i++) await bar.advance();
      await bar.done();
    });
  const { messages } = await run();
  assertEquals(messages[0].type, "display_data");
  assert(messages.length <= 22, `${messages.length}`);
  assertEquals(
    new Set(messages.slice(1).map(({ type }) => type)),
    new Set(["update_display_data"]),
  );
  assertEquals(new Set(messages.map(({ transient }) => transient.display_id)).size, 1);
  assertEquals(messages[10].data["text/plain"], "devices ██████████░░░░░░░░░░ 50 %");
  assertEquals(messages.at(-1)!.data["text/plain"], "devices: 2,000");
  const again = await run();
  assertEquals(again.messages.map(({ data }) => data), messages.map(({ data }) => data));
  assert(again.messages[0].transient.display_id !== messages[0].transient.display_id);
});

Deno.test("progress() says how far it got when it ends early", async () => {
  const { messages } = await recorded(async () => {
    const bar = await progress("devices", 10);
    await bar.advance(3);
    await bar.done();
  });
  assertEquals(messages.at(-1)!.data["text/plain"], "devices: 3 of 10");
  assertEquals(
    await failure(() => progress("devices", 0)),
    "RangeError: Cannot show progress: total must be a positive whole number: received 0",
  );
});

Deno.test("mermaid() wants a title and a known kind of diagram", () => {
  assertThrows(() => mermaid("graph LR", { title: "" }), TypeError, "title must say what it shows");
  assertThrows(
    () => mermaid("flowchat LR\n a-->b", { title: "t" }),
    SyntaxError,
    "source must begin with one of flowchart, graph",
  );
  assertEquals(mermaid("%% note\nsequenceDiagram\n", { title: "t" }).kind, "diagram");
});
