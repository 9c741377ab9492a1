import { assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import { EventStreamParser, writeComment, writeEvent } from "lib/structures/event_stream.ts";

const message = (data: string, lastEventId = "", type = "message") => ({ type, data, lastEventId });

/** The examples of the HTML standard, 9.2.6 and 9.2.5, and what it says that they mean. */
const EXAMPLES = {
  "three lines of data": [
    "data: YHOO\ndata: +2\ndata: 10\n\n",
    [message("YHOO\n+2\n10")],
  ],
  "a comment, ids, an id that is reset, a leading space kept": [
    ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
    [message("first event", "1"), message("second event"), message(" third event")],
  ],
  "empty data, two line feeds, and a block that is cut off": [
    "data\n\ndata\ndata\n\ndata:",
    [message(""), message("\n")],
  ],
  "a space after the colon is ignored": [
    "data:test\n\ndata: test\n\n",
    [message("test"), message("test")],
  ],
  "named events": [
    "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
    [message("73857293", "", "add"), message("2153", "", "remove"), message("113411", "", "add")],
  ],
} as const;

Deno.test("EventStreamParser reads the standard's examples, cut in two at every place", () => {
  for (const [name, [text, expected]] of Object.entries(EXAMPLES)) {
    for (const end of ["\n", "\r", "\r\n"]) {
      const wire = text.replaceAll("\n", end);
      for (let cut = 0; cut <= wire.length; cut++) {
        const parser = new EventStreamParser();
        const events = [...parser.push(wire.slice(0, cut)), ...parser.push(wire.slice(cut))];
        assertEquals(events, [...expected], `${name}, ${JSON.stringify(end)}, cut at ${cut}`);
      }
    }
  }
});

Deno.test("EventStreamParser skips a byte order mark, unknown fields and bad ids and times", () => {
  const parser = new EventStreamParser("before");
  const text = "\uFEFFdata: a\n\nfoo: 1\nid: x\0y\nretry: 1.5\nretry: 250\ndata: b\n\nevent: c\n\n";
  assertEquals(parser.push(text), [message("a", "before"), message("b", "before")]);
  assertEquals(parser.retryMs, 250);
});

Deno.test("writeEvent() and EventStreamParser agree on random events in random chunks", () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = stream(seed, "event stream");
    const words = ["a", " b", ":", "", "é€😀", "data: x", "\n", "\n\n"];
    const word = () => words[integer(random, words.length)];
    const events = Array.from({ length: 5 }, (_, n) => ({
      data: word() + word() + word(),
      id: `${n}`,
      type: random() < 0.5 ? "gap" : undefined,
    }));
    let text = events.map((event) => writeComment("ping") + writeEvent(event)).join("");
    const parser = new EventStreamParser(), seen = [];
    while (text !== "") {
      const size = 1 + integer(random, 9);
      seen.push(...parser.push(text.slice(0, size)));
      text = text.slice(size);
    }
    const expected = events.map(({ data, id, type }) => message(data, id, type));
    assertEquals(seen, expected);
  }
});

Deno.test("writeEvent() refuses an id of two lines", () => {
  assertThrows(
    () => writeEvent({ data: "", id: "a\nb" }),
    SyntaxError,
    'Cannot write event: id must be one line without NUL: received "a\\nb"',
  );
});
