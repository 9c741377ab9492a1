/**
 * Session 42's parts against what their users would pick instead; all on one thread.
 *
 * - approximate neighbours: queries a second and build over 100,000 vectors of 64 numbers, against usearch (native) with
 *   the same links and widths, and against a scan of all by the same SIMD kernel and by a plain loop. Recall@10 of both
 *   is counted against the scan; ours must reach 95 %, and no less than the peer's minus half a point;
 * - MinHash: signatures a second of sets of 100 elements, 100 permutations, against npm minhash.
 *
 * Vectors are drawn from a seeded model of 16 latent factors and noise, as embeddings are; queries are none of them.
 *
 * @module
 */
import minhash from "minhash";
import usearch from "usearch";
import { normal } from "../../../lib/sim/distribution.ts";
import { stream } from "../../../lib/sim/random.ts";
import { Hnsw } from "../../../lib/structures/hnsw.ts";
import { MinHash } from "../../../lib/structures/minhash.ts";
import { print } from "../../terminal.ts";
import { compare, type Comparison } from "../paired.ts";

const NAME = "week-08";
const VECTORS = 100_000;
const BUILT = 10_000; // for the builds, which are repeated
const DIMENSIONS = 64;
const FACTORS = 16;
const QUERIES = 1000;
const JUDGED = 200;
const K = 10;
const EF = 64;

function embeddings(count: number, name: string): Float32Array {
  const bell = normal(0, 1), [random, mix] = [stream(1, name), stream(1, "factors")];
  const loadings = Float32Array.from({ length: FACTORS * DIMENSIONS }, () => bell.sample(mix));
  const result = new Float32Array(count * DIMENSIONS);
  for (let at = 0; at < result.length; at += DIMENSIONS) {
    for (let d = 0; d < DIMENSIONS; d++) result[at + d] = 0.5 * bell.sample(random);
    for (let f = 0; f < FACTORS; f++) {
      const weight = bell.sample(random);
      for (let d = 0; d < DIMENSIONS; d++) result[at + d] += weight * loadings[f * DIMENSIONS + d];
    }
  }
  return result;
}

const rate = (count: number, startMs: number) => count / (performance.now() - startMs) * 1000;
const at = (all: Float32Array, n: number) => all.subarray(n * DIMENSIONS, (n + 1) * DIMENSIONS);

function buildOurs(vectors: Float32Array, count: number): Hnsw {
  const shape = { dimensions: DIMENSIONS, capacity: count, m: 16, efConstruction: 128 };
  const index = new Hnsw({ ...shape, random: stream(1, "layers") });
  for (let n = 0; n < count; n++) index.add(n, at(vectors, n));
  return index;
}

function buildTheirs(vectors: Float32Array, count: number) {
  const index = new usearch.Index({
    metric: usearch.MetricKind.Cos,
    quantization: usearch.ScalarKind.F32,
    dimensions: DIMENSIONS,
    connectivity: 16,
    expansion_add: 128,
    expansion_search: EF,
    multi: false,
  });
  const keys = BigUint64Array.from({ length: count }, (_, n) => BigInt(n));
  const step = 1000;
  for (let n = 0; n < count; n += step) {
    const some = vectors.subarray(n * DIMENSIONS, (n + step) * DIMENSIONS);
    index.add(keys.subarray(n, n + step), some, 1);
  }
  return index;
}

/** The exact ten, by a loop as anybody would write it. */
function plainScan(vectors: Float32Array, query: Float32Array): number[] {
  const best: { id: number; cosine: number }[] = [];
  let length = 0;
  for (let d = 0; d < DIMENSIONS; d++) length += query[d] ** 2;
  for (let id = 0; id < VECTORS; id++) {
    let dot = 0, squares = 0;
    for (let d = 0, from = id * DIMENSIONS; d < DIMENSIONS; d++) {
      dot += query[d] * vectors[from + d];
      squares += vectors[from + d] ** 2;
    }
    const cosine = dot / Math.sqrt(squares * length);
    if (best.length === K && cosine <= best[K - 1].cosine) continue;
    const place = best.findIndex((other) => other.cosine < cosine);
    best.splice(place < 0 ? best.length : place, 0, { id, cosine });
    if (best.length > K) best.pop();
  }
  return best.map(({ id }) => id);
}

async function neighbours(): Promise<Comparison[]> {
  const vectors = embeddings(VECTORS, "vectors"), queries = embeddings(QUERIES, "queries");
  const comparisons = [
    await compare(NAME, {
      metric: "ann-build-vectors/s",
      peer: "usearch 2.26.2, one thread",
      ours: () => {
        const startMs = performance.now();
        buildOurs(vectors, BUILT);
        return rate(BUILT, startMs);
      },
      theirs: () => {
        const startMs = performance.now();
        buildTheirs(vectors, BUILT);
        return rate(BUILT, startMs);
      },
    }),
  ];
  const index = buildOurs(vectors, VECTORS), peer = buildTheirs(vectors, VECTORS);
  const found = { ours: [] as number[][], theirs: [] as number[][] };
  const timed = (search: (query: Float32Array) => number[], into?: "ours" | "theirs") => {
    const answers: number[][] = [], startMs = performance.now();
    for (let n = 0; n < QUERIES; n++) answers.push(search(at(queries, n)));
    const perSecond = rate(QUERIES, startMs);
    if (into) found[into] = answers;
    return perSecond;
  };
  const ours = () => timed((query) => index.search(query, K, EF).map(({ id }) => id), "ours");
  comparisons.push(
    await compare(NAME, {
      metric: "ann-queries/s",
      peer: "usearch 2.26.2, one by one",
      ours,
      theirs: () => timed((query) => Array.from(peer.search(query, K, 1).keys, Number), "theirs"),
    }),
    await compare(NAME, {
      metric: "ann-queries/s",
      peer: "usearch 2.26.2, in one batch of one thread",
      ours,
      theirs: () => {
        const startMs = performance.now();
        peer.search(queries, K, 1);
        return rate(QUERIES, startMs);
      },
    }),
  );
  const few = 50;
  const scanned = (scan: (query: Float32Array) => unknown) => () => {
    const startMs = performance.now();
    for (let n = 0; n < few; n++) scan(at(queries, n));
    return rate(few, startMs);
  };
  const line = { metric: "ann-queries/s", ours };
  const exact = scanned((query) => index.exact(query, K)),
    plain = scanned((query) => plainScan(vectors, query));
  comparisons.push(
    await compare(NAME, { ...line, peer: "scan of all, SIMD", theirs: exact }),
    await compare(NAME, { ...line, peer: "scan of all, plain loop", theirs: plain }),
    await compare(NAME, {
      metric: "exact-scans/s",
      ours: exact,
      peer: "plain loop",
      theirs: plain,
    }),
  );
  judge(index, vectors, queries, found);
  return comparisons;
}

/** Counts recall, and refuses a comparison of unequal answers. */
function judge(
  index: Hnsw,
  vectors: Float32Array,
  queries: Float32Array,
  found: Record<"ours" | "theirs", number[][]>,
): void {
  let [ours, theirs] = [0, 0];
  for (let n = 0; n < JUDGED; n++) {
    const truth = plainScan(vectors, at(queries, n));
    if (n < 20 && `${index.exact(at(queries, n), K).map(({ id }) => id)}` !== `${truth}`) {
      throw new Error("Cannot compare neighbours: our exact scan is wrong");
    }
    ours += found.ours[n].filter((id) => truth.includes(id)).length / K / JUDGED;
    theirs += found.theirs[n].filter((id) => truth.includes(id)).length / K / JUDGED;
  }
  const percent = (share: number) => `${(100 * share).toFixed(2)}%`;
  print(`${NAME} ann-recall@10 ours=${percent(ours)} usearch=${percent(theirs)}`);
  if (ours < 0.95 || ours < theirs - 0.005) {
    throw new Error(
      `Cannot compare neighbours: recall must be 95 % and the peer's: received ${ours}`,
    );
  }
}

async function signatures(): Promise<Comparison> {
  const random = stream(1, "sets"), SETS = 200, ELEMENTS = 100, PERMUTATIONS = 100;
  const sets = Array.from(
    { length: SETS },
    () => Array.from({ length: ELEMENTS }, () => Math.floor(random() * 2 ** 31)),
  );
  const texts = sets.map((set) => set.map(String));
  const mine = new MinHash(PERMUTATIONS);
  const signed = {
    ours: [] as Uint32Array[],
    theirs: [] as InstanceType<typeof minhash.Minhash>[],
  };
  const comparison = await compare(NAME, {
    metric: "minhash-signatures/s",
    peer: "minhash 0.0.9",
    ours: () => {
      const startMs = performance.now();
      signed.ours = sets.map((set) => mine.signature(set));
      return rate(SETS, startMs);
    },
    theirs: () => {
      const startMs = performance.now();
      signed.theirs = texts.map((set) => {
        const hash = new minhash.Minhash({ numPerm: PERMUTATIONS, seed: 1 });
        for (const element of set) hash.update(element);
        return hash;
      });
      return rate(SETS, startMs);
    },
  });
  const unlike = mine.estimate(signed.ours[0], signed.ours[1]);
  if (unlike > 0.1 || signed.theirs[0].jaccard(signed.theirs[1]) > 0.1) {
    throw new Error(
      `Cannot compare signatures: sets without a common element look alike: ${unlike}`,
    );
  }
  return comparison;
}

/** Runs all comparisons of session 42; about two minutes. */
export async function affinity(): Promise<Comparison[]> {
  return [...await neighbours(), await signatures()];
}
