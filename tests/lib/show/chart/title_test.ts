import { assert, assertEquals } from "@std/assert";
import { textWidth } from "../../../../lib/show/font.ts";
import { slugOf, wrapText } from "../../../../lib/show/chart/title.ts";

const style = { size: 15, bold: true };

Deno.test("wrapText() breaks a title into balanced lines that fit", () => {
  const title =
    "p99 doubles past 80 % load for each of the three detectors that we have tried here";
  const lines = wrapText(title, 400, style);
  assertEquals(lines.join(" "), title);
  const widths = lines.map((line) => textWidth(line, 15, true));
  assert(widths.every((width) => width <= 400), widths.join(" "));
  assert(Math.min(...widths) > 0.6 * Math.max(...widths), widths.join(" "));
});

Deno.test("wrapText() leaves short text on one line and long words whole", () => {
  assertEquals(wrapText("short", 400, style), ["short"]);
  assertEquals(wrapText("presence_false_offline_total is high", 60, style), [
    "presence_false_offline_total",
    "is high",
  ]);
});

Deno.test("wrapText() keeps a number with its unit", () => {
  const title = "26.6 % of keys hit 80 % after 5 ms in 3.2 GB; 4 minutes, 12 nodes and 7 more";
  for (let width = 40; width <= 400; width += 5) {
    for (const line of wrapText(title, width, style)) {
      assert(!/^(%|ms|GB)/.test(line), line);
    }
  }
  assertEquals(wrapText("12 nodes", 60, style), ["12", "nodes"]);
});

Deno.test("slugOf() names files in kebab-case, cut between words", () => {
  assertEquals(slugOf("p99 doubles past 80 % load"), "p99-doubles-past-80-load");
  assertEquals(slugOf("Zoë's naïve «cache»"), "zoes-naive-cache");
  assertEquals(slugOf("→"), "chart");
  const long = slugOf("word ".repeat(40));
  assert(long.length <= 60 && long.endsWith("word"), long);
});
