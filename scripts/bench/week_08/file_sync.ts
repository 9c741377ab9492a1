/**
 * Session 40's parts against what their users would pick instead, on 64 MiB and an edited copy.
 *
 * - chunking: MiB a second by content, against npm rabin-wasm at about the same mean; bytes to resend after the edits;
 * - chunks with their SHA-256 on two threads, against casync digest, both from a file;
 * - signature and block delta, against rdiff, both from files; bytes of the delta, and of its literals against rsync;
 * - the delta of two files that are both here, against xdelta3; bytes of the delta;
 * - blob ids, against git hash-object;
 * - chunking and blob ids against libraries, in `file_sync_libraries.ts`.
 *
 * Programs that are missing are installed by apt-get where that is allowed. Every delta is applied and compared.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { integer, stream } from "../../../lib/sim/random.ts";
import { FastCdc } from "../../../lib/structures/fastcdc.ts";
import { gitBlobId, hashOf } from "../../../lib/systems/file_sync/blobs.ts";
import { ChunkHasher } from "../../../lib/systems/file_sync/chunk_hasher.ts";
import {
  decodeDelta,
  encodeDelta,
  literalBytes,
  patch,
} from "../../../lib/systems/file_sync/delta.ts";
import { localDelta } from "../../../lib/systems/file_sync/local_delta.ts";
import type { ChunkRow } from "../../../lib/systems/file_sync/manifest_store.ts";
import { readChunks } from "../../../lib/systems/file_sync/read_chunks.ts";
import { rsyncDelta, signature } from "../../../lib/systems/file_sync/rsync.ts";
import { applyEdit, incompressible } from "../../../lib/systems/file_sync/simulate/corpus.ts";
import { aptInstall, canInstall } from "../../setup/apt.ts";
import { print } from "../../terminal.ts";
import { compare, type Comparison } from "../paired.ts";
import { blobIdsOfIsomorphicGit, fastcdcOfPython } from "./file_sync_libraries.ts";

const NAME = "week-08";
const MIB = 64, BLOCK = 2048;
const SIZES = { min: 2048, mean: 8192, max: 65_536 };
const PROGRAMS = ["casync", "rdiff", "rsync", "xdelta3"];

function rate(work: () => void): number {
  const startMs = performance.now();
  work();
  return MIB / (performance.now() - startMs) * 1000;
}

function run(program: string, args: string[], cwd: string): Uint8Array {
  const { success, stdout, stderr } = new Deno.Command(program, { args, cwd }).outputSync();
  if (success) return stdout;
  throw new Error(`Cannot run ${program}: ${new TextDecoder().decode(stderr)}`);
}

const buffers = new Map<string, Uint8Array>();

/** Reads a file into memory that is kept from round to round, as a process that stays would. */
function read(path: string): Uint8Array {
  using file = Deno.openSync(path);
  const { size } = file.statSync();
  const buffer = buffers.get(path) ?? new Uint8Array(size);
  buffers.set(path, buffer);
  for (let done = 0; done < size;) done += file.readSync(buffer.subarray(done))!;
  return buffer;
}

/** The file with 100 edits: half insert, a quarter delete, a quarter overwrite 1 to 200 bytes. */
function edited(old: Uint8Array): Uint8Array {
  const random = stream(1, "edits");
  const places = Array.from({ length: 100 }, () => integer(random, old.length - 200))
    .sort((a, b) => a - b);
  const kinds = ["insert", "insert", "delete", "overwrite"] as const;
  // Between two places at a time, so that the whole is copied once.
  const parts = places.map((from, n) => {
    const part = old.subarray(from, places[n + 1] ?? old.length);
    const length = Math.min(part.length, 1 + integer(random, 200));
    return applyEdit(part, { kind: kinds[n % 4], at: 0, length }, random);
  });
  return new Uint8Array(Buffer.concat([old.subarray(0, places[0]), ...parts]));
}

function lengthsOf(bytes: Uint8Array): number[] {
  return Array.from(new FastCdc(SIZES).chunks(bytes), ({ length }) => length);
}

function hashes(bytes: Uint8Array, lengths: Iterable<number>): Map<string, number> {
  const found = new Map<string, number>();
  let at = 0;
  for (const length of lengths) {
    found.set(
      createHash("sha256").update(bytes.subarray(at, at + length)).digest("base64"),
      length,
    );
    at += length;
  }
  return found;
}

/** Bytes of chunks that the old file does not have. */
function resend(old: Uint8Array, now: Uint8Array, cut: (bytes: Uint8Array) => Iterable<number>) {
  const known = hashes(old, cut(old));
  return [...hashes(now, cut(now))].filter(([hash]) => !known.has(hash))
    .reduce((sum, [, length]) => sum + length, 0);
}

async function chunking(old: Uint8Array, now: Uint8Array): Promise<Comparison> {
  const { create } = await import("npm:rabin-wasm@0.1.5");
  // A new one for each file: its state leaks into the next.
  const rabin = async (bytes: Uint8Array): Promise<number[]> =>
    Array.from((await create(13, SIZES.min, SIZES.max, 64)).fingerprint(bytes));
  const counts = { ours: lengthsOf(old).length, theirs: (await rabin(old)).length };
  const sent = { ours: resend(old, now, lengthsOf), theirs: 0 };
  const cuts = new Map([[old, await rabin(old)], [now, await rabin(now)]]);
  sent.theirs = resend(old, now, (bytes) => cuts.get(bytes)!);
  const means = [counts.ours, counts.theirs].map((count) => Math.round(old.length / count));
  print(`${NAME} mean-chunk-bytes ours=${means[0]} peer=${means[1]} (rabin-wasm 0.1.5)`);
  print(`${NAME} bytes-to-resend ours=${sent.ours} peer=${sent.theirs} (rabin-wasm 0.1.5)`);
  const chunker = new FastCdc(SIZES);
  return await compare(NAME, {
    metric: "chunking-MiB/s",
    peer: "rabin-wasm 0.1.5",
    ours: () => rate(() => void [...chunker.chunks(old)].length),
    theirs: async () => {
      const fresh = await create(13, SIZES.min, SIZES.max, 64);
      return rate(() => void fresh.fingerprint(old));
    },
  });
}

async function digest(folder: string): Promise<Comparison> {
  const { min, mean, max } = SIZES;
  const chunker = new FastCdc(SIZES);
  using hasher = new ChunkHasher();
  let rows: ChunkRow[] = [];
  const chunkSize = `--chunk-size=${min}:${mean}:${max}`;
  const comparison = await compare(NAME, {
    metric: "chunks-with-sha256-MiB/s",
    peer: "casync digest",
    ours: async () => {
      using file = Deno.openSync(join(folder, "old"));
      const startMs = performance.now();
      rows = await hasher.rows(file, chunker);
      return MIB / (performance.now() - startMs) * 1000;
    },
    theirs: () => rate(() => void run("casync", ["digest", chunkSize, "old"], folder)),
  });
  using file = Deno.openSync(join(folder, "old"));
  const expected = Array.from(readChunks(file, chunker), hashOf);
  if (rows.length !== expected.length || rows.some(({ hash }, i) => hash !== expected[i])) {
    throw new Error("Cannot compare chunks: two threads give other ids than one");
  }
  return comparison;
}

function checkPatch(folder: string, sent: Uint8Array, now: Uint8Array): void {
  const made = patch(Deno.readFileSync(join(folder, "old")), decodeDelta(sent));
  if (Buffer.compare(made, now) !== 0) throw new Error("Cannot compare deltas: ours is wrong");
}

async function blockDelta(folder: string, now: Uint8Array): Promise<Comparison> {
  let sent: Uint8Array = new Uint8Array();
  const comparison = await compare(NAME, {
    metric: "signature-and-delta-MiB/s",
    peer: "rdiff",
    ours: () =>
      rate(() => {
        const [old, fresh] = ["old", "new"].map((name) => read(join(folder, name)));
        sent = encodeDelta(rsyncDelta(signature(old, BLOCK), fresh));
        Deno.writeFileSync(join(folder, "ours.delta"), sent);
      }),
    theirs: () =>
      rate(() => {
        run("rdiff", ["-f", "-b", `${BLOCK}`, "signature", "old", "signature"], folder);
        run("rdiff", ["-f", "delta", "signature", "new", "theirs.delta"], folder);
      }),
  });
  checkPatch(folder, sent, now);
  const theirs = Deno.statSync(join(folder, "theirs.delta")).size;
  print(`${NAME} block-delta-bytes ours=${sent.length} peer=${theirs} (rdiff)`);
  const literal = literalBytes(decodeDelta(sent));
  print(`${NAME} block-literal-bytes ours=${literal} peer=${rsyncLiteral(folder)} (rsync)`);
  return comparison;
}

/** Bytes of the new file that rsync finds in no block of the old one. */
function rsyncLiteral(folder: string): number {
  Deno.copyFileSync(join(folder, "old"), join(folder, "theirs.copy"));
  const how = ["--no-whole-file", "--ignore-times", `--block-size=${BLOCK}`, "--stats"];
  const stats = new TextDecoder().decode(run("rsync", [...how, "new", "theirs.copy"], folder));
  return Number(stats.match(/^Literal data: ([\d,]+)/m)![1].replaceAll(",", ""));
}

async function bothHere(folder: string, now: Uint8Array): Promise<Comparison> {
  let sent: Uint8Array = new Uint8Array();
  const comparison = await compare(NAME, {
    metric: "local-delta-MiB/s",
    peer: "xdelta3",
    ours: () =>
      rate(() => {
        const [old, fresh] = ["old", "new"].map((name) => read(join(folder, name)));
        sent = encodeDelta(localDelta(old, fresh));
        Deno.writeFileSync(join(folder, "ours.local"), sent);
      }),
    theirs: () =>
      rate(() => {
        const window = `${2 ** Math.ceil(Math.log2(2 * now.length))}`;
        run("xdelta3", ["-f", "-e", "-B", window, "-s", "old", "new", "theirs.xdelta"], folder);
      }),
  });
  checkPatch(folder, sent, now);
  const theirs = Deno.statSync(join(folder, "theirs.xdelta")).size;
  print(`${NAME} local-delta-bytes ours=${sent.length} peer=${theirs} (xdelta3)`);
  return comparison;
}

function blobIds(folder: string): void {
  const names = Array.from({ length: 200 }, (_, n) => `blob-${n}`);
  names.forEach((name, n) => Deno.writeFileSync(join(folder, name), incompressible(37 * n, n)));
  const theirs = new TextDecoder().decode(run("git", ["hash-object", ...names], folder)).trim()
    .split("\n");
  const equal =
    names.filter((name, n) => gitBlobId(Deno.readFileSync(join(folder, name))) === theirs[n])
      .length;
  print(`${NAME} blob-ids-equal ours=${equal} of ${names.length} (git hash-object)`);
  if (equal !== names.length) throw new Error("Cannot compare blob ids: one differs");
}

async function isHere(program: string): Promise<boolean> {
  const command = new Deno.Command(program, { args: ["--help"], stdout: "null", stderr: "null" });
  return await command.output().then(() => true, () => false);
}

/** Runs the comparisons of session 40. */
export async function fileSync(): Promise<Comparison[]> {
  const missing: string[] = [];
  for (const program of PROGRAMS) if (!await isHere(program)) missing.push(program);
  if (missing.length > 0 && await canInstall()) await aptInstall(missing, print);
  const folder = await Deno.makeTempDir({ prefix: "bench-sync-" });
  try {
    const old = incompressible(MIB * 2 ** 20, 1), now = edited(old);
    Deno.writeFileSync(join(folder, "old"), old);
    Deno.writeFileSync(join(folder, "new"), now);
    blobIds(folder);
    return [
      await chunking(old, now),
      ...await fastcdcOfPython(join(folder, "old"), SIZES),
      await digest(folder),
      await blockDelta(folder, now),
      await bothHere(folder, now),
      await blobIdsOfIsomorphicGit(),
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
