import { assert, assertEquals } from "@std/assert";
import { alignColumns, formatDuration, LiveDisplay } from "../../scripts/terminal.ts";

function display(interactive: boolean, width = 80) {
  const clock = { ms: 0 };
  const written: string[] = [];
  const live = new LiveDisplay({
    write: (text) => written.push(text),
    interactive,
    width: () => width,
    nowMs: () => clock.ms,
  });
  return { live, clock, written };
}

/** What a terminal shows after these writes: understands the two sequences that the display uses. */
function screen(written: string[]): string[] {
  const lines = [""];
  for (const part of written.join("").replaceAll("\x1b", "ESC").split(/(ESC\[\d+A\rESC\[J|\n)/)) {
    const up = part.match(/^ESC\[(\d+)A/)?.[1];
    if (up !== undefined) lines.splice(lines.length - 1 - Number(up), Infinity, "");
    else if (part === "\n") lines.push("");
    else lines[lines.length - 1] += part;
  }
  return lines.slice(0, -1);
}

Deno.test("LiveDisplay without a terminal prints one line a section", () => {
  const { live, clock, written } = display(false);
  live.start("01-presence");
  live.update("01-presence", "Frame", "cell 1 of 9");
  live.update("01-presence", "Frame", "cell 2 of 9");
  clock.ms = 1500;
  live.update("01-presence", "Deep dive", "cell 3 of 9");
  live.finish("01-presence", "ok");
  assertEquals(written, [
    "01-presence · Frame · cell 1 of 9 · 0 ms\n",
    "01-presence · Deep dive · cell 3 of 9 · 1.5 s\n",
    "ok\n",
  ]);
});

Deno.test("LiveDisplay on a terminal redraws in place and leaves only finished lines", () => {
  const { live, clock, written } = display(true);
  live.start("a");
  live.start("b");
  clock.ms = 2000;
  live.update("a", "Frame", "cell 1 of 2");
  assertEquals(screen(written), ["a · Frame · cell 1 of 2 · 2.0 s", "b · starts · 2.0 s"]);
  live.finish("a", "ok a");
  assertEquals(screen(written), ["ok a", "b · starts · 2.0 s"]);
  live.print("a note");
  assertEquals(screen(written), ["ok a", "a note", "b · starts · 2.0 s"]);
  live.finish("b", "ok b");
  assertEquals(screen(written), ["ok a", "a note", "ok b"]);
});

Deno.test("LiveDisplay cuts a line to the width, so that redrawing cannot leave a wrapped rest", () => {
  const { live, written } = display(true, 24);
  live.start("a-very-long-notebook-name-that-wraps");
  assertEquals(screen(written), ["a-very-long-notebook-n…"]);
  live.stop();
  assertEquals(screen(written), []);
});

Deno.test("formatDuration() reads as people write", () => {
  assertEquals(formatDuration(840), "840 ms");
  assertEquals(formatDuration(12_400), "12.4 s");
  assertEquals(formatDuration(185_000), "3 min 05 s");
});

Deno.test("alignColumns() sets numbers to the right and text to the left", () => {
  const [head, row, last] = alignColumns([["name", "1.5 s"], ["gateways", "500"], ["x", "10 M/s"]]);
  assertEquals([head, row, last], ["name       1.5 s", "gateways     500", "x         10 M/s"]);
  assert(!row.endsWith(" "));
});
