/**
 * A k-d tree of places on the sphere: the nearest neighbours, exact everywhere, poles and antimeridian included.
 *
 * A place becomes a point of the unit sphere. The straight line between two such points grows with the great circle
 * between them, so that neighbours in space are neighbours on the Earth, and no meridian is special. Points lie in one
 * array that is its own tree: the middle of a range divides it at the axis along which the range is widest. A search
 * goes into the nearer half first, keeps the distance to the other half's box axis by axis, and turns back where that
 * is more than the worst neighbour it holds. Nothing trigonometric happens on the way.
 *
 * Simplified: static, as all points are known at the start (`moving_grid.ts` has those that move). Distances of points
 * within metres of the antipode are right to 0.1 m only, because a chord hardly changes there.
 *
 * | operation | time | memory |
 * | --- | --- | --- |
 * | build | O(n log n) | 29 bytes a point |
 * | `nearest` | O(k log k + log n) for points that lie scattered | |
 * | `within` | O(√n + hits) | |
 *
 * @example
 * ```ts
 * import { SphereKdTree } from "lib/structures/sphere_kd_tree.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tree = new SphereKdTree([0, 89, 0], [179.9, 10, 170]); // latitudes, longitudes
 * assertEquals(tree.nearest(0, -179.9, 2).map(({ id }) => id), [0, 2]);
 * ```
 *
 * Source: Bentley, "Multidimensional binary search trees", CACM 18(9), 1975; Arya and Mount, "Algorithms for fast
 * vector quantization", DCC 1993 (the distance to a box axis by axis).
 *
 * @module
 */
import type { NearestOptions, Neighbour } from "./neighbour.ts";
import { EARTH_RADIUS } from "./sphere.ts";

const RAD = Math.PI / 180;
/** Ranges of at most this many points are looked through one by one. */
const LEAF = 8;
/** Rounding of a squared chord; 0.2 m on the ground, never more than that is looked at in vain. */
const SLACK = 1e-15;

/** Metres along the ground for a squared chord of the unit sphere. */
function metresOf(squared: number): number {
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(squared) / 2));
}

export class SphereKdTree {
  readonly size: number;
  /** Places that the last search looked at. */
  visited = 0;
  /** Three coordinates a point, in the order of the tree. */
  #xyz: Float64Array;
  #ids: Int32Array;
  /** The axis at which the range with this middle is divided. */
  #axis: Uint8Array;

  // The search under way: where from, and the best so far, nearest first.
  #x = 0;
  #y = 0;
  #z = 0;
  #k = 0;
  #found = 0;
  #worst = Infinity;
  #filter: ((id: number) => boolean) | undefined;
  #bestIds = new Int32Array(16);
  #bestSquares = new Float64Array(16);

  /** @throws {RangeError} when the lists differ in length or hold what is no place */
  constructor(lats: ArrayLike<number>, lons: ArrayLike<number>) {
    if (lats.length !== lons.length) {
      throw new RangeError(
        `Cannot build tree: there must be a longitude for every latitude: received ${lats.length} and ${lons.length}`,
      );
    }
    this.size = lats.length;
    this.#xyz = new Float64Array(3 * this.size);
    this.#ids = new Int32Array(this.size);
    this.#axis = new Uint8Array(this.size);
    for (let id = 0; id < this.size; id++) {
      const lat = lats[id], lon = lons[id];
      if (!(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180)) {
        throw new RangeError(
          `Cannot build tree: place ${id} must be within ±90 and ±180 degrees: received ${lat}, ${lon}`,
        );
      }
      const flat = Math.cos(lat * RAD);
      this.#xyz[3 * id] = flat * Math.cos(lon * RAD);
      this.#xyz[3 * id + 1] = flat * Math.sin(lon * RAD);
      this.#xyz[3 * id + 2] = Math.sin(lat * RAD);
      this.#ids[id] = id;
    }
    this.#build(0, this.size - 1);
  }

  /** Bytes of all arrays. */
  get byteLength(): number {
    return this.#xyz.byteLength + this.#ids.byteLength + this.#axis.byteLength;
  }

  /** The `k` places that are nearest, nearest first; of places equally far the lower id comes first. */
  nearest(lat: number, lon: number, k: number, options: NearestOptions = {}): Neighbour[] {
    const { maxMetres = Infinity, filter } = options;
    const flat = Math.cos(lat * RAD);
    this.#x = flat * Math.cos(lon * RAD);
    this.#y = flat * Math.sin(lon * RAD);
    this.#z = Math.sin(lat * RAD);
    this.#k = Math.min(k, this.size);
    if (!(k >= 1) || Number.isNaN(this.#z + this.#x)) {
      throw new RangeError(
        `Cannot search: k must be at least 1 and the place real: received ${k}, ${lat}, ${lon}`,
      );
    }
    if (this.#bestIds.length < this.#k) {
      this.#bestIds = new Int32Array(2 * this.#k);
      this.#bestSquares = new Float64Array(2 * this.#k);
    }
    this.#found = this.visited = 0;
    this.#filter = filter;
    const reach = maxMetres / EARTH_RADIUS;
    const limit = reach >= Math.PI ? Infinity : 4 * Math.sin(reach / 2) ** 2;
    this.#worst = limit * (1 + 1e-12);
    this.#visit(0, this.size - 1, 0, 0, 0, 0);
    this.#filter = undefined;
    const result: Neighbour[] = new Array(this.#found);
    for (let n = 0; n < this.#found; n++) {
      result[n] = { id: this.#bestIds[n], metres: metresOf(this.#bestSquares[n]) };
    }
    return result;
  }

  /** All places within `metres`, nearest first. */
  within(lat: number, lon: number, metres: number): Neighbour[] {
    return this.nearest(lat, lon, Infinity, { maxMetres: metres });
  }

  /** Looks through a range whose box is `squared` away, of which `dx`, `dy` and `dz` along the axes. */
  #visit(left: number, right: number, squared: number, dx: number, dy: number, dz: number): void {
    if (right - left < LEAF) {
      for (let at = left; at <= right; at++) this.#consider(at);
      return;
    }
    const middle = (left + right) >> 1, axis = this.#axis[middle];
    const here = axis === 0 ? this.#x : axis === 1 ? this.#y : this.#z;
    const apart = here - this.#xyz[3 * middle + axis];
    const isLeft = apart < 0;
    if (isLeft) this.#visit(left, middle - 1, squared, dx, dy, dz);
    else this.#visit(middle + 1, right, squared, dx, dy, dz);
    const before = axis === 0 ? dx : axis === 1 ? dy : dz;
    const farther = squared - before * before + apart * apart;
    if (farther - SLACK > this.#worst) return;
    this.#consider(middle);
    if (axis === 0) dx = apart;
    else if (axis === 1) dy = apart;
    else dz = apart;
    if (isLeft) this.#visit(middle + 1, right, farther, dx, dy, dz);
    else this.#visit(left, middle - 1, farther, dx, dy, dz);
  }

  #consider(at: number): void {
    this.visited++;
    const dx = this.#xyz[3 * at] - this.#x;
    const dy = this.#xyz[3 * at + 1] - this.#y;
    const dz = this.#xyz[3 * at + 2] - this.#z;
    const squared = dx * dx + dy * dy + dz * dz;
    if (squared > this.#worst) return;
    const id = this.#ids[at];
    if (this.#filter !== undefined && !this.#filter(id)) return;
    const ids = this.#bestIds, squares = this.#bestSquares;
    let place = this.#found;
    if (this.#found < this.#k) this.#found++;
    else if (squared === squares[place - 1] && id > ids[place - 1]) return;
    else place--;
    while (place > 0) {
      const other = squares[place - 1];
      if (other < squared || (other === squared && ids[place - 1] < id)) break;
      squares[place] = other;
      ids[place] = ids[place - 1];
      place--;
    }
    squares[place] = squared;
    ids[place] = id;
    if (this.#found === this.#k) this.#worst = squares[this.#k - 1];
  }

  #build(left: number, right: number): void {
    while (right - left >= LEAF) {
      const axis = this.#widest(left, right), middle = (left + right) >> 1;
      this.#select(middle, left, right, axis);
      this.#axis[middle] = axis;
      this.#build(left, middle - 1);
      left = middle + 1;
    }
  }

  #widest(left: number, right: number): number {
    let axis = 0, widest = -1;
    for (let one = 0; one < 3; one++) {
      let lowest = Infinity, highest = -Infinity;
      for (let at = 3 * left + one; at <= 3 * right + one; at += 3) {
        const value = this.#xyz[at];
        if (value < lowest) lowest = value;
        if (value > highest) highest = value;
      }
      if (highest - lowest > widest) [axis, widest] = [one, highest - lowest];
    }
    return axis;
  }

  /** Puts the point of this rank in its place, lesser ones before it and greater ones behind it (Floyd and Rivest). */
  #select(rank: number, left: number, right: number, axis: number): void {
    const xyz = this.#xyz;
    while (right > left) {
      if (right - left > 600) {
        const n = right - left + 1, m = rank - left + 1, z = Math.log(n);
        const s = 0.5 * Math.exp(2 * z / 3);
        const sd = 0.5 * Math.sqrt(z * s * (n - s) / n) * (m - n / 2 < 0 ? -1 : 1);
        const newLeft = Math.max(left, Math.floor(rank - m * s / n + sd));
        const newRight = Math.min(right, Math.floor(rank + (n - m) * s / n + sd));
        this.#select(rank, newLeft, newRight, axis);
      }
      const pivot = xyz[3 * rank + axis];
      let i = left, j = right;
      this.#swap(left, rank);
      if (xyz[3 * right + axis] > pivot) this.#swap(left, right);
      while (i < j) {
        this.#swap(i++, j--);
        while (xyz[3 * i + axis] < pivot) i++;
        while (xyz[3 * j + axis] > pivot) j--;
      }
      if (xyz[3 * left + axis] === pivot) this.#swap(left, j);
      else this.#swap(++j, right);
      if (j <= rank) left = j + 1;
      if (rank <= j) right = j - 1;
    }
  }

  #swap(a: number, b: number): void {
    const xyz = this.#xyz, ids = this.#ids, id = ids[a];
    ids[a] = ids[b];
    ids[b] = id;
    for (let axis = 0; axis < 3; axis++) {
      const value = xyz[3 * a + axis];
      xyz[3 * a + axis] = xyz[3 * b + axis];
      xyz[3 * b + axis] = value;
    }
  }
}
