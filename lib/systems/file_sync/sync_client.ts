/**
 * A device that keeps a folder in step with a share, over links that fail.
 *
 * A change is chunked, its blobs are kept, and an entry in the write-ahead log makes it durable: from then on it
 * survives a crash, and is sent until the server has answered. Which version wins is decided in `replica.ts`; here are
 * its disk and its network. `sync` sends and pulls once and throws when the link fails; whatever it had not finished
 * is still queued, and chunks that had arrived are not sent again.
 *
 * The disk comes first: what others made of a file is written there before the state says that it is known. A crash in
 * between then looks like an edit that equals theirs, never like one that takes theirs back.
 *
 * Simplified: entries are sent one after the other; what the user saves in the instant between the last look at a file
 * and the rename over it is overwritten; folders exist while files are in them.
 * A device whose state is gone comes back under a new name, for the server knows the ids of the old one.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { FastCdc } from "lib/structures/fastcdc.ts";
import { VectorClock } from "lib/structures/vector_clock.ts";
import { BlobStore } from "./blobs.ts";
import { Contents } from "./contents.ts";
import { type FileVersionJson, fromJson } from "./manifest_store.ts";
import { assertPath } from "./path.ts";
import { type Conflict, type Content, Device, type Edit, type Version } from "./replica.ts";
import { conflictName, resolve } from "./resolve.ts";
import { WriteAheadLog } from "./wal.ts";

export interface SyncClientOptions {
  url: string;
  token: string;
  share: string;
  device: string;
  /** The files of the user. */
  folder: string;
  /** The device's own: blobs, log and state. */
  stateFolder: string;
  cdc?: FastCdc;
  /** How long a request may take. Default: 10,000. */
  timeoutMs?: number;
  /** For a server whose certificate the system does not know. */
  http?: Deno.HttpClient;
  nowMs: () => number;
}

/** A refusal of the server. */
export class SyncRefusedError extends Error {
  override name = "SyncRefusedError";
  readonly status: number;
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    super(`Cannot sync: the server must accept it: received ${status} (${body.error})`);
    this.status = status;
    this.body = body;
  }
}

interface Answer {
  status: number;
  body: {
    status: string;
    version: FileVersionJson;
    session: string;
    missing: string[];
    next: number;
  };
}

type EditJson = Omit<Edit, "base"> & { base: Record<string, number> };
type SavedState = { since: number; lastId: number; synced: [string, Version][] };

const BINARY = "\0";

export class SyncClient implements Disposable {
  readonly device: Device;
  readonly contents: Contents;
  /** Bytes of chunks that were sent and fetched. */
  readonly stats = { sentBytes: 0, fetchedBytes: 0, requests: 0 };
  #options: SyncClientOptions;
  #wal: WriteAheadLog<EditJson>;
  #since: number;

  private constructor(
    options: SyncClientOptions,
    contents: Contents,
    wal: WriteAheadLog<EditJson>,
    { since, lastId, synced }: SavedState,
  ) {
    this.#options = options;
    this.contents = contents;
    this.#wal = wal;
    this.#since = since;
    const pending = wal.pending.map(({ entry }) => ({
      ...entry,
      base: new VectorClock(entry.base),
    }));
    this.device = new Device(options.device, "vectors", { synced, lastId, pending });
  }

  /** Opens a device's folders, with all that it had not sent. */
  static async open(options: SyncClientOptions): Promise<SyncClient> {
    const { stateFolder, folder, cdc = new FastCdc({ mean: 16_384 }) } = options;
    await Deno.mkdir(join(stateFolder, "blobs"), { recursive: true });
    await Deno.mkdir(folder, { recursive: true });
    const saved = await Deno.readTextFile(join(stateFolder, "state.json")).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error; // it may be there: a device that forgets would give ids twice
    });
    const state: SavedState = saved ? JSON.parse(saved) : { since: 0, lastId: 0, synced: [] };
    for (const [, version] of state.synced) {
      version.vector = new VectorClock(version.vector as unknown as Record<string, number>);
    }
    const contents = new Contents(new BlobStore(join(stateFolder, "blobs")), cdc);
    const wal = await WriteAheadLog.open<EditJson>(join(stateFolder, "wal"));
    const client = new SyncClient(options, contents, wal, state);
    await client.scan();
    return client;
  }

  /** The files of the user. */
  get folder(): string {
    return this.#options.folder;
  }

  /** Takes note of everything that changed on disk, for example while no client ran. */
  async scan(): Promise<void> {
    const onDisk = await filesBelow(this.#options.folder);
    for (const path of new Set([...onDisk, ...this.device.files.keys()])) await this.note(path);
  }

  /** Takes note of what the user did to a file; resolves to whether it differs from what was known, once it is durable. */
  async note(path: string): Promise<boolean> {
    assertPath(path);
    const content = await this.#readContent(path);
    if (content === (this.device.files.get(path) ?? null)) return false;
    const edit = this.device.edit(path, content, this.#options.nowMs());
    try {
      await this.#wal.append(toJson(edit));
    } catch (error) {
      this.device.withdraw();
      throw error;
    }
    return true;
  }

  /** Takes note of whatever happened at a path: to a file, to all in a folder, or to what a folder that is gone had in it. */
  async look(path: string): Promise<void> {
    const place = join(this.#options.folder, path);
    const isFolder = await Deno.stat(place).then(({ isDirectory }) => isDirectory, () => false);
    const inIt = isFolder ? await filesBelow(this.#options.folder, `${path}/`) : [path];
    const known = [...this.device.files.keys()].filter((name) => name.startsWith(`${path}/`));
    for (const each of new Set([...inIt, ...known])) await this.note(each);
  }

  /** Sends what is queued, then pulls what is new. */
  async sync(): Promise<void> {
    await this.push();
    await this.pull();
  }

  /** Sends what is queued; a conflict is resolved on the way, and its outcome is sent too. */
  async push(): Promise<void> {
    while (this.device.pending.length > 0) await this.#send(this.device.pending[0]);
  }

  /** Learns what others have done, without sending. */
  async pull(): Promise<void> {
    const { share } = this.#options;
    const query = `share=${encodeURIComponent(share)}&since=${this.#since}`;
    const { body } = await this.#request("GET", `/sync/manifest?${query}`);
    for (const file of (body as unknown as { files: FileVersionJson[] }).files) {
      // A change that nobody has noted yet comes before what others made of the file.
      await this.note(file.path);
      const version = await this.#versionOf(file);
      if (this.device.isNews(file.path, version)) {
        await this.#writeFile(file.path, version.content);
        this.device.pull(file.path, version);
      }
      this.#since = Math.max(this.#since, file.seq);
    }
    await this.#saveState();
  }

  [Symbol.dispose](): void {
    this.contents[Symbol.dispose]();
    this.#wal[Symbol.dispose]();
  }

  async #send(edit: Edit): Promise<void> {
    const manifest = edit.content === null ? null : await this.contents.manifest(edit.content);
    const { share } = this.#options;
    const delta = JSON.stringify({ ...toJson(edit), share, manifest });
    let answer = await this.#request("POST", "/sync/delta", delta);
    let { session, missing = [] } = answer.body;
    while (answer.status === 202 || answer.status === 416) {
      const { next } = answer.body;
      const bytes = await this.contents.blobs.get(missing[next]);
      const query = `session=${session}&chunk=${next}`;
      answer = await this.#request("POST", `/sync/upload?${query}`, bytes as BodyInit);
      this.stats.sentBytes += bytes.length;
      // The server forgot the session, or has ended it already.
      if (answer.status === 404) {
        answer = await this.#request("POST", "/sync/delta", delta);
        ({ session, missing = [] } = answer.body);
      }
    }
    const status = answer.status === 409 ? "stale" as const : "committed" as const;
    const version = await this.#versionOf(answer.body.version);
    const conflict = this.device.receive(edit.id, { status, version });
    const done = conflict === undefined
      ? this.#walIds(({ id }) => id === edit.id)
      : await this.#settle(conflict);
    await this.#saveState();
    for (const id of done) await this.#wal.ack(id);
  }

  #walIds(isMeant: (edit: EditJson) => boolean): number[] {
    return this.#wal.pending.filter(({ entry }) => isMeant(entry)).map(({ id }) => id);
  }

  /** Resolves a conflict: on disk, then in the log; returns the entries of the log that this makes obsolete. */
  async #settle(conflict: Conflict): Promise<number[]> {
    const { path } = conflict;
    await this.note(path);
    const last = this.device.pending.findLast((edit) => edit.path === path)!;
    const sides = [conflict.ancestor, last.content, conflict.theirs];
    const [ancestor, ours, theirs] = await Promise.all(sides.map((side) => this.#asText(side)));
    const { kind, ...texts } = resolve({ path, ancestor, ours, theirs });
    const content = await this.#fromText(texts.content);
    const copy = texts.copy === undefined
      ? undefined
      : await this.#fromText(texts.copy) ?? undefined;
    if (copy !== undefined) {
      await this.#writeFile(conflictName(path, this.device.name, last.id), copy);
    }
    await this.#writeFile(path, content);
    const obsolete = this.#walIds((edit) => edit.path === path);
    for (const edit of this.device.settle(conflict, { kind, content, copy })) {
      await this.#wal.append(toJson(edit));
    }
    return obsolete;
  }

  /** A content as text; of anything else its name, after a NUL. */
  async #asText(content: Content): Promise<Content> {
    if (content === null) return null;
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
        .decode(await this.contents.read(content));
      return text.includes(BINARY) ? `${BINARY}${content}` : text;
    } catch (error) {
      if (error instanceof TypeError) return `${BINARY}${content}`;
      throw error;
    }
  }

  async #fromText(text: Content): Promise<Content> {
    if (text === null) return null;
    if (text.startsWith(BINARY)) return text.slice(1);
    return await this.contents.put(new TextEncoder().encode(text));
  }

  /** Fetches what is not here of a version. */
  async #versionOf(file: FileVersionJson): Promise<Version> {
    const { vector, manifest } = fromJson(file);
    if (manifest === null) return { vector, content: null, stampMs: 0 };
    const { blobs } = this.contents;
    for (const hash of await blobs.missing(manifest.map(({ hash }) => hash))) {
      const query = `share=${encodeURIComponent(this.#options.share)}`;
      const response = await this.#fetch("GET", `/sync/blob/${hash}?${query}`);
      if (!response.ok) throw new SyncRefusedError(response.status, await response.json());
      const bytes = new Uint8Array(await response.arrayBuffer());
      await blobs.put(bytes);
      this.stats.fetchedBytes += bytes.length;
    }
    return { vector, content: await this.contents.putManifest(manifest), stampMs: 0 };
  }

  /** The content of a file on disk, read while nobody wrote to it; null when there is none. */
  async #readContent(path: string): Promise<Content> {
    const place = join(this.#options.folder, path);
    try {
      for (;;) {
        const before = await Deno.stat(place);
        if (before.isDirectory) return null;
        const content = await this.contents.putFile(place);
        const after = await Deno.stat(place);
        if (before.size === after.size && before.mtime?.getTime() === after.mtime?.getTime()) {
          return content;
        }
      }
    } catch (error) {
      const { NotFound, NotADirectory } = Deno.errors;
      if (error instanceof NotFound || error instanceof NotADirectory) return null;
      throw error;
    }
  }

  async #writeFile(path: string, content: Content): Promise<void> {
    const place = join(this.#options.folder, path);
    if (content === null) {
      await Deno.remove(place).catch(() => {});
      return;
    }
    await Deno.mkdir(dirname(place), { recursive: true });
    const temporary = join(this.#options.stateFolder, "incoming");
    await Deno.writeFile(temporary, await this.contents.read(content));
    await Deno.rename(temporary, place);
  }

  async #saveState(): Promise<void> {
    const state: SavedState = {
      since: this.#since,
      lastId: this.device.lastId,
      synced: [...this.device.synced],
    };
    const path = join(this.#options.stateFolder, "state.json");
    await Deno.writeTextFile(`${path}.new`, JSON.stringify(state));
    await Deno.rename(`${path}.new`, path);
  }

  #fetch(method: string, path: string, body?: BodyInit): Promise<Response> {
    const { url, token, timeoutMs = 10_000, http } = this.#options;
    this.stats.requests++;
    return fetch(url + path, {
      method,
      body,
      client: http,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
  }

  async #request(method: string, path: string, body?: BodyInit): Promise<Answer> {
    const response = await this.#fetch(method, path, body);
    const answer = { status: response.status, body: await response.json() };
    const isAnswer = response.ok || [409, 416].includes(response.status) ||
      (response.status === 404 && path.startsWith("/sync/upload"));
    if (isAnswer) return answer;
    throw new SyncRefusedError(answer.status, answer.body);
  }
}

/** Paths of all files below a folder, relative to it; what goes while we look is not there. */
async function filesBelow(folder: string, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(join(folder, prefix))) {
      if (isDirectory) found.push(...await filesBelow(folder, `${prefix}${name}/`));
      else found.push(`${prefix}${name}`);
    }
  } catch (error) {
    // Without the folder itself nothing is known: its files are not taken for deleted.
    if (prefix === "" || !(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}

function toJson(edit: Edit): EditJson {
  return { ...edit, base: edit.base.toJSON() };
}
