import { assert } from "@std/assert";
import { MEANINGS } from "../../../../lib/show/chart/theme.ts";

/** How people with a colour deficiency see linear RGB (Machado, Oliveira, Fernandes 2009). */
const SIGHT: Record<string, number[][]> = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

/** CIE L*a*b* of a colour as this sight has it. */
function lab(color: string, sight: number[][]): number[] {
  const linear = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const [r, g, b] = sight.map((row) =>
    Math.min(1, Math.max(0, row.reduce((sum, factor, i) => sum + factor * linear[i], 0)))
  );
  const [x, y, z] = [
    (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
    0.2126 * r + 0.7152 * g + 0.0722 * b,
    (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
  ].map((t) => t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const meanings = Object.entries(MEANINGS);
const pairs = meanings.flatMap((a, i) => meanings.slice(i + 1).map((b) => [a, b] as const));

Deno.test("MEANINGS stay apart for colour-blind readers", () => {
  for (const [name, sight] of Object.entries(SIGHT)) {
    for (const [[a, one], [b, other]] of pairs) {
      const [p, q] = [lab(one.color, sight), lab(other.color, sight)];
      const difference = Math.hypot(...p.map((part, i) => part - q[i]));
      assert(difference > 20, `${a} and ${b}, ${name}: ${difference}`);
    }
  }
});

Deno.test("MEANINGS stay apart in grey, by lightness and by shape", () => {
  for (const [[a, one], [b, other]] of pairs) {
    const difference = lab(one.color, SIGHT.usual)[0] - lab(other.color, SIGHT.usual)[0];
    assert(Math.abs(difference) > 8, `${a} and ${b}: ${difference}`);
    assert(one.shape !== other.shape);
  }
});
