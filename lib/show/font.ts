/**
 * Widths of text in the fonts that charts are set in, read from the shipped TrueType files.
 *
 * Without a browser nobody tells how wide a label is, and a layout by guess cuts labels off. A
 * TrueType file has the answer: `cmap` maps characters to glyphs, `hmtx` has each glyph's advance.
 * Each file is read once, when first asked.
 *
 * Simplified: no kerning and no ligatures; a sentence comes out up to three percent too wide.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { textWidth } from "./font.ts";
 *
 * assert(textWidth("iiii", 11) < textWidth("MMMM", 11));
 * ```
 *
 * @see https://learn.microsoft.com/en-us/typography/opentype/spec/
 * @module
 */

/** The family as charts name it; browsers without it take the next sans-serif. */
export const FONT_FAMILY = "Inter, 'Helvetica Neue', Arial, sans-serif";

const FILES = { regular: "Inter-Regular.ttf", bold: "Inter-Bold.ttf" };

type Weight = keyof typeof FILES;

interface Font {
  bytes: Uint8Array;
  /** Advance of the character, in ems; of the empty box when the font lacks it. */
  advance(codePoint: number): number;
}

const loaded = new Map<Weight, Font>();

function font(weight: Weight): Font {
  let found = loaded.get(weight);
  if (found === undefined) {
    const path = new URL(`../../data/fonts/${FILES[weight]}`, import.meta.url);
    found = parseFont(Deno.readFileSync(path));
    loaded.set(weight, found);
  }
  return found;
}

/** The bytes of the fonts, as a renderer wants them. */
export function fontFiles(): Uint8Array[] {
  return [font("regular").bytes, font("bold").bytes];
}

/** Width of a single line of text, in pixels at this font size in pixels. */
export function textWidth(text: string, fontSize: number, bold = false): number {
  const { advance } = font(bold ? "bold" : "regular");
  let ems = 0;
  for (const character of text) ems += advance(character.codePointAt(0)!);
  return ems * fontSize;
}

function parseFont(bytes: Uint8Array): Font {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tables = new Map<string, number>();
  for (let i = 0; i < view.getUint16(4); i++) {
    const record = 12 + 16 * i;
    const tag = String.fromCharCode(...bytes.subarray(record, record + 4));
    tables.set(tag, view.getUint32(record + 8));
  }
  const unitsPerEm = view.getUint16(tables.get("head")! + 18);
  const metrics = view.getUint16(tables.get("hhea")! + 34);
  const hmtx = tables.get("hmtx")!;
  const glyphOf = readCharacterMap(view, tables.get("cmap")!);
  return {
    bytes,
    advance(codePoint) {
      // Glyphs past the last metric share its advance.
      const index = Math.min(glyphOf.get(codePoint) ?? 0, metrics - 1);
      return view.getUint16(hmtx + 4 * index) / unitsPerEm;
    },
  };
}

/** Reads the `cmap` subtable of format 4, which covers the Basic Multilingual Plane. */
function readCharacterMap(view: DataView, cmap: number): Map<number, number> {
  const glyphs = new Map<number, number>();
  for (let i = 0; i < view.getUint16(cmap + 2); i++) {
    const table = cmap + view.getUint32(cmap + 4 + 8 * i + 4);
    if (view.getUint16(table) !== 4) continue;
    const segments = view.getUint16(table + 6) / 2;
    const ends = table + 14;
    const starts = ends + 2 * segments + 2;
    const deltas = starts + 2 * segments;
    const offsets = deltas + 2 * segments;
    for (let s = 0; s < segments; s++) {
      const start = view.getUint16(starts + 2 * s);
      const end = view.getUint16(ends + 2 * s);
      const delta = view.getUint16(deltas + 2 * s);
      const offset = view.getUint16(offsets + 2 * s);
      for (let code = start; code <= end && code !== 0xffff; code++) {
        const glyph = offset === 0
          ? code
          : view.getUint16(offsets + 2 * s + offset + 2 * (code - start));
        if (glyph !== 0) glyphs.set(code, (glyph + delta) & 0xffff);
      }
    }
    return glyphs;
  }
  throw new TypeError("Cannot read font: cmap must have a subtable of format 4");
}
