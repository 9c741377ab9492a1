/**
 * The server of a share: takes edits chunk by chunk over HTTP, and tells devices what is new.
 *
 * | request | answer |
 * | --- | --- |
 * | `POST /sync/delta` with base vector and manifest | `committed` or `stale` at once, else the chunks it lacks and a session |
 * | `POST /sync/upload?session=&chunk=` with bytes | the next chunk expected, or the outcome after the last |
 * | `GET /sync/manifest?share=&since=` | versions committed after that |
 * | `GET /sync/blob/HASH?share=` | the bytes of a chunk |
 *
 * A session is memory only: after a restart the device asks again with its delta, and chunks that have arrived are no
 * longer missing. A refusal says what would be right: the chunk expected (416), the current version (409).
 *
 * Simplified: one process; tokens are given to the server as a table. TLS is an option of `Deno.serve`.
 *
 * @module
 */
import { VectorClock } from "lib/structures/vector_clock.ts";
import { type BlobHash, BlobStore, hashOf } from "./blobs.ts";
import {
  type CommitReply,
  type CommitRequest,
  type Manifest,
  type ManifestStore,
  type Role,
  toJson,
} from "./manifest_store.ts";
import { assertPath } from "./path.ts";
import { isStale } from "./replica.ts";

/** No file is larger, in bytes. */
export const LARGEST_FILE = 4 * 2 ** 30;
const LARGEST_CHUNK = 2 ** 24;

export interface SyncServerOptions {
  /** All shares' blobs, or a store a share, as `TenantBlobs` gives. */
  blobs: BlobStore | { of(share: string): BlobStore };
  manifests: ManifestStore;
  /** Which user a bearer token stands for. */
  users: Readonly<Record<string, string>>;
  port?: number;
  /** Certificate and key, for TLS. */
  tls?: { cert: string; key: string };
}

interface Session {
  user: string;
  request: CommitRequest;
  missing: BlobHash[];
  next: number;
}

/** A refusal, as it goes over the wire. */
class Refusal extends Error {
  readonly status: number;
  readonly details: Record<string, unknown>;

  constructor(status: number, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

function checkManifest(rows: unknown): Manifest {
  if (rows === null) return null;
  const isRow = (row: { hash?: unknown; length?: unknown }) =>
    /^[0-9a-f]{64}$/.test(String(row?.hash)) && Number.isInteger(row.length) &&
    Number(row.length) > 0 && Number(row.length) <= LARGEST_CHUNK;
  if (!Array.isArray(rows) || !rows.every(isRow)) {
    throw new Refusal(
      400,
      "Cannot sync file: manifest must be a list of hashes and lengths, or null",
    );
  }
  const bytes = rows.reduce((sum, { length }) => sum + length, 0);
  if (bytes > LARGEST_FILE) {
    throw new Refusal(
      413,
      `Cannot sync file: it must be at most ${LARGEST_FILE} bytes: received ${bytes}`,
    );
  }
  return rows.map(({ hash, length }) => ({ hash, length }));
}

// deno-lint-ignore no-explicit-any -- what a device sends is checked field by field
function checkRequest(body: any): CommitRequest {
  const { share, path, device, id } = body ?? {};
  try {
    assertPath(path);
    if (![share, device].every((text) => typeof text === "string" && text !== "")) {
      throw new TypeError("Cannot sync file: share and device must be texts");
    }
    if (!Number.isSafeInteger(id) || id < 1) {
      throw new TypeError(`Cannot sync file: id must be an integer of at least 1: received ${id}`);
    }
    const base = new VectorClock(body.base);
    return { share, path, device, id, base, manifest: checkManifest(body.manifest) };
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, (error as Error).message);
  }
}

export class SyncServer implements AsyncDisposable {
  readonly url: string;
  /** Requests, and bytes of chunks that came. */
  readonly stats = { requests: 0, chunkBytes: 0 };
  #options: SyncServerOptions;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #ending = new AbortController();
  #sessions = new Map<string, Session>();
  /** Requests under way, also those whose client has gone. */
  #handling = new Set<Promise<Response>>();

  constructor(options: SyncServerOptions) {
    this.#options = options;
    const { port = 0, tls } = options;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {}, signal: this.#ending.signal, ...tls },
      (request) => {
        const answer = this.#handle(request).finally(() => this.#handling.delete(answer));
        this.#handling.add(answer);
        return answer;
      },
    );
    this.url = `${tls ? "https" : "http"}://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Ends with the connections that clients keep open, once nothing is written any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#server.finished;
    await Promise.all(this.#handling);
  }

  async #handle(request: Request): Promise<Response> {
    this.stats.requests++;
    try {
      return await this.#route(request, new URL(request.url));
    } catch (error) {
      await request.body?.cancel().catch(() => {});
      if (!(error instanceof Refusal)) {
        return Response.json({ error: "the server failed; try again" }, { status: 503 });
      }
      const { status, message, details } = error;
      return Response.json({ error: message, ...details }, { status });
    }
  }

  async #route(request: Request, url: URL): Promise<Response> {
    const user = this.#userOf(request);
    const share = url.searchParams.get("share") ?? "";
    switch (`${request.method} ${url.pathname.replace(/^(\/sync\/blob)\/.*/, "$1")}`) {
      case "POST /sync/delta":
        return await this.#delta(user, checkRequest(await request.json().catch(() => undefined)));
      case "POST /sync/upload":
        return await this.#upload(user, request, url.searchParams);
      case "GET /sync/manifest": {
        await this.#require(user, share, "read");
        const since = Number(url.searchParams.get("since") ?? 0);
        const files = await this.#options.manifests.since(share, since);
        return Response.json({ files: files.map(toJson) });
      }
      case "GET /sync/blob": {
        await this.#require(user, share, "read");
        const hash = url.pathname.split("/").at(-1)!;
        if (!await this.#options.manifests.names(share, hash)) {
          throw new Refusal(404, "Cannot read chunk: no file of the share has it");
        }
        return new Response((await this.#blobsOf(share).get(hash)) as BodyInit);
      }
    }
    throw new Refusal(404, `Cannot handle request: received ${request.method} ${url.pathname}`);
  }

  #blobsOf(share: string): BlobStore {
    const { blobs } = this.#options;
    return "of" in blobs ? blobs.of(share) : blobs;
  }

  #userOf(request: Request): string {
    const token = request.headers.get("authorization")?.match(/^Bearer (.+)$/)?.[1] ?? "";
    const user = Object.hasOwn(this.#options.users, token) ? this.#options.users[token] : undefined;
    if (user === undefined) throw new Refusal(401, "Cannot sync: the token is not known");
    return user;
  }

  async #require(user: string, share: string, role: Role): Promise<void> {
    const granted = await this.#options.manifests.roleOf(share, user);
    if (granted === "write" || granted === role) return;
    throw new Refusal(403, `Cannot sync share: ${user} must have the role ${role}`);
  }

  async #delta(user: string, request: CommitRequest): Promise<Response> {
    await this.#require(user, request.share, "write");
    const missing = await this.#blobsOf(request.share).missing(
      (request.manifest ?? []).map(({ hash }) => hash),
    );
    if (missing.length === 0) return await this.#commit(request);
    const current = await this.#options.manifests.current(request.share, request.path);
    // Nothing need be uploaded for an edit that cannot be taken.
    if (isStale(request.base, current.vector)) {
      return await this.#commit(request);
    }
    const session = crypto.randomUUID();
    this.#sessions.set(session, { user, request, missing, next: 0 });
    return Response.json({ status: "missing", session, missing, next: 0 }, { status: 202 });
  }

  async #upload(user: string, request: Request, query: URLSearchParams): Promise<Response> {
    const id = query.get("session") ?? "", chunk = Number(query.get("chunk"));
    const session = this.#sessions.get(id);
    if (session === undefined || session.user !== user) {
      throw new Refusal(404, "Cannot take chunk: the session is not known; send the delta again");
    }
    const { missing, next } = session;
    if (chunk !== next) {
      throw new Refusal(416, `Cannot take chunk: it must be number ${next}: received ${chunk}`, {
        next,
      });
    }
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (hashOf(bytes) !== missing[next]) {
      throw new Refusal(
        400,
        `Cannot take chunk ${next}: its bytes must have the hash ${missing[next]}`,
        {
          chunk: next,
        },
      );
    }
    await this.#blobsOf(session.request.share).put(bytes);
    this.stats.chunkBytes += bytes.length;
    // Two of the same number at once: one has moved on already.
    session.next = Math.max(session.next, next + 1);
    if (session.next < missing.length) {
      return Response.json({ status: "missing", next: session.next }, { status: 202 });
    }
    this.#sessions.delete(id);
    return await this.#commit(session.request);
  }

  async #commit(request: CommitRequest): Promise<Response> {
    const { status, version }: CommitReply = await this.#options.manifests.commit(request);
    return Response.json({ status, version: toJson(version) }, {
      status: status === "stale" ? 409 : 200,
    });
  }
}
