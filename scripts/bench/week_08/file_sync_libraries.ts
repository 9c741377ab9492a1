/**
 * Session 40's parts against libraries: chunking by PyPI fastcdc, in C and in Python; Git's blob ids by isomorphic-git.
 *
 * @module
 */
import { join } from "node:path";
import { FastCdc } from "../../../lib/structures/fastcdc.ts";
import { gitBlobId } from "../../../lib/systems/file_sync/blobs.ts";
import { incompressible } from "../../../lib/systems/file_sync/simulate/corpus.ts";
import { print } from "../../terminal.ts";
import { compare, type Comparison } from "../paired.ts";
import { pythonWith } from "../peers/python.ts";

const NAME = "week-08";

/** Against fastcdc 1.7.0 over the start of a file, which is shorter for the one in Python. */
export async function fastcdcOfPython(
  path: string,
  sizes: { min: number; mean: number; max: number },
): Promise<Comparison[]> {
  const python = await pythonWith("fastcdc", "1.7.0");
  if (python === undefined) return [];
  const script = join(import.meta.dirname!, "..", "peers", "fastcdc_chunks.py");
  const chunker = new FastCdc(sizes);
  const comparisons: Comparison[] = [];
  for (const [kind, MiB] of [["native", 64], ["python", 4]] as const) {
    const bytes = (await Deno.readFile(path)).subarray(0, MiB * 2 ** 20);
    const args = [script, kind, path, bytes.length, sizes.min, sizes.mean, sizes.max].map(String);
    let chunks = 0;
    comparisons.push(
      await compare(NAME, {
        metric: "chunking-MiB/s",
        peer: `fastcdc 1.7.0, ${kind}`,
        ours: () => {
          const startMs = performance.now();
          const found = [...chunker.chunks(bytes)].length;
          const rate = MiB / (performance.now() - startMs) * 1000;
          if (found === 0) throw new Error("Cannot compare chunkers: ours found no chunk");
          return rate;
        },
        theirs: async () => {
          const { success, stdout, stderr } = await new Deno.Command(python, { args }).output();
          if (!success) {
            throw new Error(`Cannot run fastcdc: ${new TextDecoder().decode(stderr)}`);
          }
          const answer = JSON.parse(new TextDecoder().decode(stdout));
          chunks = answer.chunks;
          return answer.rate;
        },
      }),
    );
    const means = [[...chunker.chunks(bytes)].length, chunks].map((n) =>
      Math.round(bytes.length / n)
    );
    print(`${NAME} mean-chunk-bytes ours=${means[0]} peer=${means[1]} (fastcdc 1.7.0, ${kind})`);
  }
  return comparisons;
}

/** Against isomorphic-git's hashBlob, on blobs of 16 KiB; every id is compared. */
export async function blobIdsOfIsomorphicGit(): Promise<Comparison> {
  const { hashBlob } = await import("npm:isomorphic-git@1.44.17");
  const blobs = Array.from({ length: 2000 }, (_, seed) => incompressible(16_384, seed));
  const ids = { ours: [] as string[], theirs: [] as string[] };
  const rate = (startMs: number) => blobs.length / (performance.now() - startMs) * 1000;
  const comparison = await compare(NAME, {
    metric: "blob-ids/s",
    peer: "isomorphic-git 1.44.17",
    ours: () => {
      const startMs = performance.now();
      ids.ours = blobs.map(gitBlobId);
      return rate(startMs);
    },
    theirs: async () => {
      const startMs = performance.now();
      ids.theirs = [];
      for (const object of blobs) ids.theirs.push((await hashBlob({ object })).oid);
      return rate(startMs);
    },
  });
  const wrong = ids.ours.filter((id, i) => id !== ids.theirs[i]).length;
  if (wrong > 0) throw new Error(`Cannot compare blob ids: ${wrong} differ`);
  return comparison;
}
