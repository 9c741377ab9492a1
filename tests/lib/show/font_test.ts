import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { assert, assertEquals } from "@std/assert";
import { fontFiles, textWidth } from "../../../lib/show/font.ts";
import { toPng } from "../../../lib/show/render.ts";
import { bar } from "../../../lib/show/marks/bar.ts";

Deno.test("textWidth() agrees with what resvg draws, within three percent", async () => {
  await toPng(bar([{ a: "a", b: 1 }], { x: "a", y: { field: "b", unit: "s" }, title: "t" }));
  await initWasm(new Uint8Array()).catch(() => {}); // already loaded by the line above
  for (const bold of [false, true]) {
    for (
      const text of ["p99 doubles past 80 % load", "predicted: 33.3 M/s ≤ 5 µs → ½"]
    ) {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="60">` +
        `<text x="10" y="40" font-family="Inter" font-size="20"${
          bold ? ' font-weight="bold"' : ""
        }>${text}</text></svg>`;
      const picture = new Resvg(svg, {
        font: { fontBuffers: fontFiles(), defaultFontFamily: "Inter" },
      });
      const drawn = picture.getBBox()!.width;
      picture.free();
      const ours = textWidth(text, 20, bold);
      const ratio = ours / drawn;
      assert(ratio > 0.99 && ratio < 1.04, `${text}: ${ours}, drawn ${drawn}`);
    }
  }
});

Deno.test("textWidth() adds up and scales", () => {
  assertEquals(textWidth("", 11), 0);
  assert(Math.abs(textWidth("ab", 22) - 2 * (textWidth("a", 11) + textWidth("b", 11))) < 1e-9);
  assert(textWidth("bold", 11, true) > textWidth("bold", 11));
});

Deno.test("fontFiles() have the signs that charts and tables write", () => {
  const missing = textWidth("\uffff", 100);
  const lacking = [..."→≤≥×÷±−–—…·µσφλρΔ²³⁻¹⁰⁴⁵⁶⁷⁸⁹°≈≠∞√½€"]
    .filter((sign) => textWidth(sign, 100) === missing);
  assertEquals(lacking, []);
});
