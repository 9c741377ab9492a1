/**
 * The search over HTTP: entities in, neighbours and fence events out.
 *
 * | request | answer |
 * | --- | --- |
 * | `POST /entities` with id, lat, lon, updatedAt and attributes | 201 or 200, and what became of it; 409 when out of order |
 * | `PATCH /entities/{id}` | the same, of a known one |
 * | `DELETE /entities/{id}` | 204, or 404 |
 * | `GET /search?lat&lon&radius` or `k`, `bbox=south,west,north,east`, or `polygon=lat,lon;lat,lon;…`; `category`, `available`, `limit` | entities, `partial`, `cursor` |
 * | `GET /search?cursor` | the next page of the answer as it was |
 * | `POST /geofence` with polygon | the fence's number |
 * | `GET /geofence/{number}` | its events |
 *
 * A page's cursor names a snapshot of the ids that were found, so that entities which move between two pages are
 * neither shown twice nor skipped. What may not be asked is a 400 that names the field and the rule.
 *
 * Simplified: snapshots are kept for the last hundred searches; there is no authentication.
 *
 * @module
 */
import type { Shape } from "lib/structures/cell_cover.ts";
import {
  checkPlace,
  cutAtAntimeridian,
  metresToFarthest,
  type Place,
} from "lib/structures/sphere.ts";
import { holds } from "./density.ts";
import { Geofence } from "./geofence.ts";
import { HotStore, type Position } from "./hot_store.ts";
import { type Attributes, BadQuery, checkQuery, FARTHEST, passes, type Query } from "./query.ts";
import { boxOf } from "./spans.ts";

const SNAPSHOTS = 100;
/** The first circle of a search for the k nearest. */
const FIRST_METRES = 500;

interface Entity extends Position {
  attributes: Attributes;
}

/** An entity as it is sent: attributes that are not told stay as they were. */
type Sent = Position & { attributes?: Partial<Attributes> };

interface Page {
  ids: number[];
  partial: boolean;
  limit: number;
}

export class GeoService {
  readonly store: HotStore;
  #entities = new Map<number, Entity>();
  #fences: { fence: Geofence; events: { id: number; event: string; atMs: number }[] }[] = [];
  #snapshots = new Map<string, Page>();
  #searches = 0;
  #nowMs: () => number;

  constructor(store: HotStore, nowMs: () => number) {
    this.store = store;
    this.#nowMs = nowMs;
  }

  /** Serves on a free port of the loopback. */
  serve(): Deno.HttpServer<Deno.NetAddr> {
    return Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.handle(request),
    );
  }

  /** Answers one request. */
  async handle(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const [, room, key] = pathname.split("/"), route = `${request.method} /${room}`;
    try {
      if (route === "POST /entities") return this.#put(await request.json(), 201);
      if (route === "PATCH /entities") return this.#patch(Number(key), await request.json());
      if (route === "DELETE /entities") return this.#remove(Number(key));
      if (route === "GET /search") return this.#search(searchParams);
      if (route === "POST /geofence") return this.#fence(await request.json());
      if (route === "GET /geofence") {
        return Response.json({ events: this.#fences[Number(key)]?.events ?? [] });
      }
      return problem(404, "path", `Cannot answer ${route}`);
    } catch (error) {
      if (error instanceof BadQuery) return problem(400, error.field, error.message);
      if (error instanceof RangeError || error instanceof SyntaxError) {
        return problem(400, "body", error.message);
      }
      throw error;
    }
  }

  #put(entity: Sent, created: number): Response {
    const { id, lat, lon, updatedAt } = entity, nowMs = this.#nowMs();
    if (![id, lat, lon, updatedAt].every(Number.isFinite)) {
      throw new BadQuery("entity", "numbers id, lat, lon and updatedAt", JSON.stringify(entity));
    }
    this.store.advance(nowMs);
    const outcome = this.store.put(entity, nowMs);
    if (["old", "late", "future"].includes(outcome)) {
      return Response.json({ outcome, field: "updatedAt" }, { status: 409 });
    }
    const known = this.#entities.get(id)?.attributes;
    const attributes = {
      category: "taxi",
      rating: 0,
      available: true,
      ...known,
      ...entity.attributes,
    };
    this.#entities.set(id, { id, lat, lon, updatedAt, attributes });
    if (outcome !== "duplicate") {
      for (const { fence, events } of this.#fences) {
        const event = fence.move(id, { lat, lon });
        if (event !== undefined) events.push({ id, event, atMs: nowMs });
      }
    }
    return Response.json({ outcome, geoHashes: this.store.geoHashes(id) }, {
      status: outcome === "new" ? created : 200,
    });
  }

  #patch(id: number, change: Partial<Sent>): Response {
    const known = this.#entities.get(id);
    if (known === undefined) {
      return problem(404, "id", `Cannot change entity ${id}: it is not known`);
    }
    return this.#put({ ...known, ...change, id }, 200);
  }

  #remove(id: number): Response {
    const known = this.store.remove(id);
    this.#entities.delete(id);
    for (const page of this.#snapshots.values()) page.ids = page.ids.filter((one) => one !== id);
    return known
      ? new Response(null, { status: 204 })
      : problem(404, "id", `Entity ${id} is not known`);
  }

  #fence({ polygon }: { polygon?: { lat: number; lon: number }[] }): Response {
    if (!Array.isArray(polygon)) throw new BadQuery("polygon", "a list of places", polygon);
    for (const corner of polygon) checkPlace(corner, "polygon");
    this.#fences.push({ fence: new Geofence(polygon), events: [] });
    return Response.json({ fence: this.#fences.length - 1 }, { status: 201 });
  }

  #search(params: URLSearchParams): Response {
    const cursor = params.get("cursor");
    if (cursor !== null) return this.#page(cursor);
    const { query, ids, partial } = this.#find(readQuery(params));
    const token = `s${++this.#searches}`;
    this.#snapshots.set(`${token}`, { ids, partial, limit: query.limit });
    if (this.#snapshots.size > SNAPSHOTS) {
      this.#snapshots.delete(this.#snapshots.keys().next().value!);
    }
    return this.#page(`${token}.0`);
  }

  #find(asked: Query) {
    const query = checkQuery(asked), { from, shape, k, filters } = query;
    this.store.advance(this.#nowMs());
    const isWanted = ({ id }: { id: number }) => {
      const entity = this.#entities.get(id)!;
      return passes(filters, entity.attributes) && (shape === undefined || holds(shape, entity));
    };
    let metres = shape === undefined ? FIRST_METRES : reachOf(shape, from);
    for (;;) {
      const { found, partial } = this.store.search(from, metres);
      const wanted = found.filter(isWanted);
      if (k === undefined || wanted.length >= k || metres >= FARTHEST) {
        return { query, ids: wanted.slice(0, k).map(({ id }) => id), partial };
      }
      metres = Math.min(FARTHEST, 4 * metres);
    }
  }

  #page(cursor: string): Response {
    const [token, at] = cursor.split("."), page = this.#snapshots.get(token), start = Number(at);
    if (page === undefined || !(start >= 0)) {
      throw new BadQuery("cursor", "one of a recent page", cursor);
    }
    const ids = page.ids.slice(start, start + page.limit), next = start + ids.length;
    return Response.json({
      entities: ids.map((id) => this.#entities.get(id)).filter((one) => one !== undefined),
      partial: page.partial,
      ...(next < page.ids.length && { cursor: `${token}.${next}` }),
    });
  }
}

/** Metres of a circle around `from` that holds the shape. */
function reachOf(shape: Shape, from: Place): number {
  if ("metres" in shape) return shape.metres;
  const parts = cutAtAntimeridian(boxOf(shape));
  const reach = Math.max(...parts.map((part) => metresToFarthest(from, part)));
  return Math.min(FARTHEST, reach * 1.000001 + 1);
}

function problem(status: number, field: string, message: string): Response {
  return Response.json({ field, message }, { status });
}

const KNOWN = ["lat", "lon", "radius", "k", "bbox", "polygon", "category", "available", "limit"];

function readQuery(params: URLSearchParams): Query {
  for (const name of params.keys()) {
    if (!KNOWN.includes(name)) throw new BadQuery(name, `one of ${KNOWN.join(", ")}`, name);
  }
  const number = (name: string) => params.has(name) ? Number(params.get(name)) : undefined;
  const bbox = params.get("bbox")?.split(",").map(Number);
  if (bbox !== undefined && bbox.length !== 4) {
    throw new BadQuery("bbox", "south,west,north,east", params.get("bbox"));
  }
  const polygon = params.get("polygon")?.split(";").map((corner) => corner.split(",").map(Number));
  if (polygon?.some((corner) => corner.length !== 2 || !corner.every(Number.isFinite))) {
    throw new BadQuery("polygon", "lat,lon;lat,lon;…", params.get("polygon"));
  }
  const available = params.get("available");
  if (available !== null && available !== "true" && available !== "false") {
    throw new BadQuery("available", "true or false", available);
  }
  return {
    lat: number("lat"),
    lon: number("lon"),
    metres: number("radius"),
    k: number("k"),
    ...(bbox && { box: { south: bbox[0], west: bbox[1], north: bbox[2], east: bbox[3] } }),
    ...(polygon && { polygon: polygon.map(([lat, lon]) => ({ lat, lon })) }),
    filters: {
      ...(params.has("category") && { category: params.get("category")! }),
      ...(available !== null && { available: available === "true" }),
    },
    ...(params.has("limit") && { limit: number("limit") }),
  };
}
