import { assert, assertEquals, assertFalse } from "@std/assert";
import { toPng, toSvg } from "../../../lib/show/render.ts";
import { gallery } from "./gallery.ts";

const { heatmap: shaded, "line-series": lines } = gallery();

Deno.test("toSvg() prefixes every id and every reference to it", async () => {
  const plain = await toSvg(shaded);
  const prefixed = await toSvg(shaded, { idPrefix: "a-" });
  const ids = [...prefixed.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
  const references = [...prefixed.matchAll(/url\(#([^)]+)\)/g)].map(([, id]) => id);
  assert(ids.length > 0 && references.length > 0);
  assert([...ids, ...references].every((id) => id.startsWith("a-")));
  assert(references.every((id) => ids.includes(id)));
  assertEquals(prefixed.replaceAll("a-", ""), plain.replaceAll("a-", ""));
});

Deno.test("toSvg() leaves out the points that only the pointer sees", async () => {
  const svg = await toSvg(lines);
  assertFalse(svg.includes('opacity="0"'));
  assert(svg.length < 30_000, `${svg.length}`);
});

Deno.test("toPng() has its size on the page and `scale` times the pixels", async () => {
  for (const scale of [1, 2]) {
    const { bytes, width, height } = await toPng(lines, { scale });
    assertEquals([width, height], [640, 360]);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    assertEquals([view.getUint32(16), view.getUint32(20)], [640 * scale, 360 * scale]);
  }
});

Deno.test("toPng() draws text: without it the picture is a third smaller", async () => {
  const { bytes } = await toPng(lines);
  const mute = JSON.parse(
    JSON.stringify(lines, (key, value) => ["labels"].includes(key) ? false : value),
  );
  for (const part of mute.layer) {
    for (const axis of ["x", "y"]) if (part.encoding?.[axis]) part.encoding[axis].axis = null;
  }
  mute.title.text = "";
  assert(bytes.length > 1.2 * (await toPng(mute)).bytes.length);
});
