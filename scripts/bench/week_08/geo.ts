/**
 * Session 41's parts against what their users would pick instead; answers are compared before any time is.
 *
 * - neighbours: the ten nearest on the sphere, against npm geokdbush (on kdbush), ids checked one by one;
 * - moving objects: places a second, against npm rbush (remove and insert), and the goal of 500,000;
 * - geohash: texts of nine characters a second, against npm ngeohash;
 * - S2: leaf cells a second, against npm nodes2ts.
 *
 * @module
 */
import { around } from "geokdbush";
import KDBush from "kdbush";
import ngeohash from "ngeohash";
import { S2CellId, S2LatLng } from "nodes2ts";
import RBush from "rbush";
import { integer, stream } from "../../../lib/sim/random.ts";
import { encodeGeohash } from "../../../lib/structures/geohash.ts";
import { MovingGrid } from "../../../lib/structures/moving_grid.ts";
import { s2CellId } from "../../../lib/structures/s2_cell.ts";
import { haversine, wrapLongitude } from "../../../lib/structures/sphere.ts";
import { SphereKdTree } from "../../../lib/structures/sphere_kd_tree.ts";
import { near } from "../../../lib/systems/geo/fleet.ts";
import { print } from "../../terminal.ts";
import { compare, type Comparison } from "../paired.ts";

const NAME = "week-08";
const POINTS = 200_000, QUERIES = 5000, K = 10;

/** Seven of ten around 300 metros, the rest anywhere. */
function world(count: number, name: string): { lats: Float64Array; lons: Float64Array } {
  const random = stream(1, name), centres = stream(1, "metros");
  const metros = Array.from({ length: 300 }, () => ({
    lat: 140 * centres() - 70,
    lon: 360 * centres() - 180,
  }));
  const lats = new Float64Array(count), lons = new Float64Array(count);
  for (let id = 0; id < count; id++) {
    const place = random() < 0.7
      ? near(metros[integer(random, 300)], 22_000, random)
      : { lat: Math.asin(2 * random() - 1) * 180 / Math.PI, lon: 360 * random() - 180 };
    lats[id] = place.lat;
    lons[id] = wrapLongitude(place.lon);
  }
  return { lats, lons };
}

function perSecond(count: number, work: () => void): number {
  const startMs = performance.now();
  work();
  return count / (performance.now() - startMs) * 1000;
}

async function neighbours(): Promise<Comparison> {
  const { lats, lons } = world(POINTS, "points"), asked = world(QUERIES, "queries");
  const tree = new SphereKdTree(lats, lons), peer = new KDBush(POINTS);
  for (let id = 0; id < POINTS; id++) peer.add(lons[id], lats[id]);
  peer.finish();
  const ours = (n: number) => tree.nearest(asked.lats[n], asked.lons[n], K);
  const theirs = (n: number): number[] => around(peer, asked.lons[n], asked.lats[n], K);
  let exact = 0, equal = 0;
  for (let n = 0; n < 200; n++) {
    const at = { lat: asked.lats[n], lon: asked.lons[n] };
    const truth = Array.from(lats, (lat, id) => haversine(at, { lat, lon: lons[id] }));
    const best = truth.map((_, id) => id).sort((a, b) => truth[a] - truth[b]).slice(0, K).join();
    const ids = ours(n).map(({ id }) => id).join();
    if (ids === best) exact++;
    if (ids === theirs(n).join()) equal++;
  }
  print(`${NAME} nearest exact=${exact} equal-to-geokdbush=${equal} of 200`);
  if (exact !== 200) throw new Error("Cannot compare neighbours: ours must all be exact");
  return await compare(NAME, {
    metric: "nearest-10-of-200k/s",
    peer: "geokdbush 2.1.0",
    rounds: 7,
    ours: () =>
      perSecond(QUERIES, () => {
        for (let n = 0; n < QUERIES; n++) ours(n);
      }),
    theirs: () =>
      perSecond(QUERIES, () => {
        for (let n = 0; n < QUERIES; n++) theirs(n);
      }),
  });
}

interface Item {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
}

async function moving(): Promise<Comparison> {
  const { lats, lons } = world(POINTS, "points"), random = stream(1, "steps");
  const grid = new MovingGrid(POINTS, { level: 14 }), tree = new RBush<Item>();
  const items = Array.from(lats, (lat, id): Item => {
    grid.move(id, lat, lons[id]);
    return { minX: lons[id], minY: lat, maxX: lons[id], maxY: lat };
  });
  tree.load(items);
  const step = () => (random() - 0.5) * 0.002; // up to 110 m
  const la = lats.slice(), lo = lons.slice();
  const result = await compare(NAME, {
    metric: "moves/s",
    peer: "rbush 4.0.1 remove and insert",
    ours: () =>
      perSecond(POINTS, () => {
        for (let id = 0; id < POINTS; id++) {
          la[id] = Math.max(-90, Math.min(90, la[id] + step()));
          lo[id] = wrapLongitude(lo[id] + step());
          grid.move(id, la[id], lo[id]);
        }
      }),
    theirs: () =>
      perSecond(POINTS / 4, () => {
        for (let id = 0; id < POINTS; id += 4) {
          const item = items[id];
          tree.remove(item);
          item.minX = item.maxX = wrapLongitude(item.minX + step());
          item.minY = item.maxY = Math.max(-90, Math.min(90, item.minY + step()));
          tree.insert(item);
        }
      }),
  });
  const box = { south: 20, west: -20, north: 40, east: 20 };
  const expected = Array.from(la, (_, id) => id).filter((id) =>
    la[id] >= 20 && la[id] <= 40 && lo[id] >= -20 && lo[id] <= 20
  );
  const found = grid.search(box).sort((a, b) => a - b);
  if (found.join() !== expected.join()) throw new Error("Cannot compare moves: ours got lost");
  print(`${NAME} moves goal=500k ours=${(result.ours / 1e6).toFixed(1)}M`);
  return result;
}

async function cells(): Promise<Comparison[]> {
  const { lats, lons } = world(POINTS, "points");
  const theirCell = (lat: number, lon: number): bigint =>
    S2CellId.fromPoint(S2LatLng.fromDegrees(lat, lon).toPoint()).id;
  let wrong = 0;
  for (let id = 0; id < POINTS; id++) {
    if (encodeGeohash(lats[id], lons[id], 9) !== ngeohash.encode(lats[id], lons[id], 9)) wrong++;
    if (s2CellId(lats[id], lons[id]) !== theirCell(lats[id], lons[id])) wrong++;
  }
  if (wrong > 0) throw new Error(`Cannot compare cells: ${wrong} of ${2 * POINTS} differ`);
  print(`${NAME} equal geohashes=${POINTS} S2-ids=${POINTS}`);
  let sink = 0;
  const all = (work: (lat: number, lon: number) => void) => () =>
    perSecond(POINTS, () => {
      for (let id = 0; id < POINTS; id++) work(lats[id], lons[id]);
    });
  const comparisons = [
    await compare(NAME, {
      metric: "geohashes-of-9/s",
      peer: "ngeohash 0.6.4",
      ours: all((lat, lon) => sink += encodeGeohash(lat, lon, 9).charCodeAt(8)),
      theirs: all((lat, lon) => sink += ngeohash.encode(lat, lon, 9).charCodeAt(8)),
    }),
    await compare(NAME, {
      metric: "s2-leaf-ids/s",
      peer: "nodes2ts 4.0.2",
      ours: all((lat, lon) => sink += s2CellId(lat, lon) > 0n ? 1 : 0),
      theirs: all((lat, lon) => sink += theirCell(lat, lon) > 0n ? 1 : 0),
    }),
  ];
  if (sink === 0) throw new Error("unreachable: keeps the work from being optimised away");
  return comparisons;
}

/** Runs all comparisons of the session; under a minute. */
export async function geo(): Promise<Comparison[]> {
  return [await neighbours(), await moving(), ...await cells()];
}
