/**
 * Files to synchronise, made from a seed: source text in versions, and bytes that nothing compresses, with edits.
 *
 * @module
 */
import { integer, pick, type Random, stream } from "lib/sim/random.ts";

export type EditKind = "overwrite" | "insert" | "delete" | "move";

export interface ByteEdit {
  kind: EditKind;
  at: number;
  length: number;
}

/** Bytes without any pattern. */
export function incompressible(length: number, seed: number): Uint8Array {
  const random = stream(seed, "bytes");
  const bytes = new Uint8Array(length);
  const words = new Uint32Array(bytes.buffer, 0, length >>> 2);
  for (let i = 0; i < words.length; i++) words[i] = Math.floor(random() * 2 ** 32);
  for (let i = words.length * 4; i < length; i++) bytes[i] = integer(random, 256);
  return bytes;
}

const NAMES = ["user", "count", "path", "index", "chunk", "vector", "reply", "offset", "total"];

function sourceLine(random: Random): string {
  const name = () => `${pick(random, NAMES)}${integer(random, 100)}`;
  return pick(random, [
    `  const ${name()} = ${name()} + ${integer(random, 1000)};\n`,
    `  if (${name()} < ${name()}) return ${name()};\n`,
    `}\n\nfunction ${name()}(${name()}: number) {\n`,
    `  // the ${pick(random, NAMES)} of each ${pick(random, NAMES)}\n`,
  ]);
}

/** Versions of a source file: each changes, adds and removes a few lines of the one before. */
export function sourceVersions(lines: number, versions: number, seed: number): Uint8Array[] {
  const random = stream(seed, "source");
  let text = Array.from({ length: lines }, () => sourceLine(random));
  return Array.from({ length: versions }, (_, version) => {
    for (let edits = version === 0 ? 0 : 1 + integer(random, 5); edits > 0; edits--) {
      const at = integer(random, text.length);
      const added = Array.from({ length: integer(random, 4) }, () => sourceLine(random));
      text = text.toSpliced(at, integer(random, 3), ...added);
    }
    return new TextEncoder().encode(text.join(""));
  });
}

/** A random edit of a file: its kind, place and length, which is from 1 to `most` bytes. */
export function randomEdit(random: Random, fileLength: number, most: number): ByteEdit {
  const length = 1 + integer(random, Math.min(most, fileLength));
  const kind = pick(random, ["overwrite", "insert", "delete", "move"] as const);
  return { kind, at: integer(random, fileLength - length + 1), length };
}

/** The file after an edit; new bytes come from `random`, and a move goes to the start. */
export function applyEdit(
  file: Uint8Array,
  { kind, at, length }: ByteEdit,
  random: Random,
): Uint8Array {
  const [head, middle, tail] = [
    file.subarray(0, at),
    file.subarray(at, at + length),
    file.subarray(at + length),
  ];
  const fresh = () => Uint8Array.from({ length }, () => integer(random, 256));
  const parts = {
    overwrite: () => [head, fresh(), tail],
    insert: () => [head, fresh(), middle, tail],
    delete: () => [head, tail],
    move: () => [middle, head, tail],
  }[kind]();
  const made = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (const part of parts) {
    made.set(part, to);
    to += part.length;
  }
  return made;
}
