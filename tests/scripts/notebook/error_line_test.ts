import { assertEquals } from "@std/assert";
import { locate } from "../../../scripts/notebook/error_line.ts";

const source = `
interface Beat {
  at: number;
}
// how late
const late = (beat: Beat, limit: number): number => {
  if (limit < 0) {
    throw new RangeError("limit");
  }

  return beat.at - limit;
};

late({ at: 1 } as Beat, 2);
late(
  { at: 1 },
  -1,
);`;

/** As the kernel makes it of the source. */
const transpiled = `'use strict'; void 0;// how late
const late = (beat, limit)=>{
  if (limit < 0) {
    throw new RangeError("limit");
  }
  return beat.at - limit;
};
late({
  at: 1
}, 2);
late({
  at: 1
}, -1);
`;

Deno.test("locate() leads every frame of the cell to its line", () => {
  const traceback = [
    "RangeError: limit",
    "    at late (<anonymous>:4:11)",
    "    at <anonymous>:11:1",
  ];
  assertEquals(locate(traceback, source, transpiled), {
    line: 8,
    traceback: ["RangeError: limit", "    at late (line 8)", "    at line 15"],
  });
});

Deno.test("locate() reports the cell's own line for an error in a module", () => {
  const traceback = ["Error: x", "    at f (file:///lib/f.ts:1:1)", "    at <anonymous>:8:1"];
  assertEquals(locate(traceback, source, transpiled), {
    line: 14,
    traceback: ["Error: x", "    at f (file:///lib/f.ts:1:1)", "    at line 14"],
  });
});

Deno.test("locate() leaves frames of functions from other cells as they are", () => {
  const traceback = ["Error: x", "    at early (<anonymous>:4:11)", "    at <anonymous>:8:1"];
  const { line, traceback: mapped } = locate(traceback, source, transpiled);
  assertEquals([line, mapped[1]], [14, traceback[1]]);
});

Deno.test("locate() gives no line where it would have to guess", () => {
  const inside = ["Error: x", "    at <anonymous>:4:12"];
  assertEquals(locate(inside, source, transpiled), { line: undefined, traceback: inside });
  const beyond = ["Error: x", "    at <anonymous>:40:1"];
  assertEquals(locate(beyond, source, transpiled).line, undefined);
  const other = ["Error: x", "    at <anonymous>:1:22"];
  const unlike = "await fetchAll(urls).then(parse).catch(report).finally(done)";
  assertEquals(locate(other, source, `'use strict'; void 0;${unlike}`).line, undefined);
  assertEquals(locate(other, source, "").line, undefined);
  assertEquals(locate(["str"], source, transpiled), { line: undefined, traceback: ["str"] });
});

Deno.test("locate() does not align texts of many thousand tokens", () => {
  const long = "x;".repeat(5_000);
  const traceback = ["Error: x", "    at <anonymous>:1:22"];
  assertEquals(locate(traceback, long, `'use strict'; void 0;${long}`), { traceback });
});
