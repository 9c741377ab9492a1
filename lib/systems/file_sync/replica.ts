/**
 * Synchronising files between devices and a server: the decisions alone, without clock, disk or network.
 *
 * A device queues each edit with its **base**: the version that the edit was made on. The server takes an edit when its
 * base has seen the current version, and else says that it is stale. The device then merges what both sides made of
 * their common ancestor, and sends the result with a base that has seen both. Versions are compared by vector clocks;
 * `lastWriterWins` compares time stamps instead, to show what that costs.
 *
 * Simplified: one server. The content of a file is a string: its text in simulations, the hash of its bytes where they
 * are large and travel in chunks (`sync_client.ts`).
 *
 * @example
 * ```ts
 * import { Device, type Policy, Server } from "lib/systems/file_sync/replica.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const policy: Policy = "vectors";
 * const server = new Server(policy);
 * const [laptop, phone] = ["laptop", "phone"].map((name) => new Device(name, policy));
 * laptop.edit("a.txt", "one\n", 0);
 * phone.edit("a.txt", "two\n", 0);
 * for (const device of [laptop, phone, laptop]) device.exchange(server);
 * assertEquals(laptop.files.get("a.txt"), phone.files.get("a.txt"));
 * ```
 *
 * @module
 */
import { VectorClock } from "lib/structures/vector_clock.ts";
import { conflictName, type Outcome, resolve, type Sides } from "./resolve.ts";

/** How the server tells a newer version from an older one. */
export type Policy = "vectors" | "lastWriterWins";

/** Content of a file; null when it was deleted. */
export type Content = string | null;

export interface Version {
  vector: VectorClock;
  content: Content;
  /** By the clock of the device that wrote it. */
  stampMs: number;
}

/** An edit on its way: durable at the device until the server has acknowledged it. */
export interface Edit {
  /** Rises by one a device. */
  id: number;
  device: string;
  path: string;
  base: VectorClock;
  content: Content;
  stampMs: number;
}

export type Reply = { status: "committed" | "stale"; version: Version };

export const NOTHING: Version = { vector: new VectorClock(), content: null, stampMs: -Infinity };

/** Whether an edit on `base` has not seen the current version, and so may not replace it. */
export function isStale(base: VectorClock, current: VectorClock): boolean {
  return ["after", "concurrent"].includes(current.compare(base));
}

/** The version that an edit makes of its base. */
function made({ base, device, content, stampMs }: Edit): Version {
  return { vector: base.increment(device), content, stampMs };
}

export class Server {
  readonly policy: Policy;
  readonly files = new Map<string, Version>();
  /** The last edit that was taken of each device, and the answer: a device sends again what was not answered. */
  readonly answered = new Map<string, { id: number; reply: Reply }>();

  constructor(policy: Policy) {
    this.policy = policy;
  }

  version(path: string): Version {
    return this.files.get(path) ?? NOTHING;
  }

  /** Takes an edit, once, or says what it has not seen. */
  apply(edit: Edit): Reply {
    const last = this.answered.get(edit.device);
    if (last?.id === edit.id) return last.reply;
    const reply = this.#decide(edit);
    // What was stale is decided anew: the version has moved on meanwhile.
    if (reply.status === "committed") this.answered.set(edit.device, { id: edit.id, reply });
    return reply;
  }

  #decide(edit: Edit): Reply {
    const current = this.version(edit.path), version = made(edit);
    if (this.policy === "lastWriterWins") {
      // The older stamp is dropped without a word.
      if (version.stampMs > current.stampMs) this.files.set(edit.path, version);
      return { status: "committed", version: this.version(edit.path) };
    }
    if (isStale(edit.base, current.vector)) return { status: "stale", version: current };
    this.files.set(edit.path, version);
    return { status: "committed", version };
  }
}

/** What a device did about an edit that met another. */
export interface Notice {
  path: string;
  kind: Outcome["kind"];
}

/** Two versions of which neither has seen the other. */
export interface Conflict extends Sides {
  version: Version;
}

/** What a device keeps over a restart. */
export interface DeviceState {
  synced?: Iterable<[string, Version]>;
  pending?: Iterable<Edit>;
  lastId?: number;
}

export class Device {
  readonly name: string;
  readonly policy: Policy;
  /** What the user sees. */
  readonly files = new Map<string, Content>();
  /** What the server is known to have. */
  readonly synced: Map<string, Version>;
  /** Edits that are not acknowledged, oldest first. */
  readonly pending: Edit[];
  readonly notices: Notice[] = [];
  /** The id of the last edit. */
  lastId: number;

  constructor(
    name: string,
    policy: Policy,
    { synced = [], pending = [], lastId = 0 }: DeviceState = {},
  ) {
    this.name = name;
    this.policy = policy;
    this.synced = new Map(synced);
    this.pending = [...pending];
    this.lastId = Math.max(lastId, ...this.pending.map(({ id }) => id));
    for (const [path, { content }] of this.synced) this.files.set(path, content);
    for (const { path, content } of this.pending) this.files.set(path, content);
  }

  /** The user saves a file; `stampMs` is what the device's clock says. */
  edit(path: string, content: Content, stampMs: number): Edit {
    const before = this.pending.findLast((edit) => edit.path === path);
    const base = before ? made(before).vector : this.#known(path).vector;
    return this.#queue({ path, base, content, stampMs });
  }

  /** Takes in the answer to the oldest edit, once. A conflict is for the caller to resolve and to `settle`. */
  receive(id: number, { status, version }: Reply): Conflict | undefined {
    const edit = this.pending[0];
    if (edit?.id !== id) return undefined;
    if (status === "stale") {
      const ours = this.pending.findLast(({ path }) => path === edit.path)!.content;
      const ancestor = this.#known(edit.path).content;
      return { path: edit.path, ancestor, ours, theirs: version.content, version };
    }
    this.pending.shift();
    this.#learn(edit.path, version);
    return undefined;
  }

  /** Our edits of the file become one, on top of what the server has; returns the edits that this makes. */
  settle({ path, version }: Conflict, { kind, content, copy }: Outcome): Edit[] {
    const last = this.pending.findLast((edit) => edit.path === path)!;
    const others = this.pending.filter((edit) => edit.path !== path);
    this.pending.splice(0, this.pending.length, ...others);
    this.notices.push({ path, kind });
    this.#learn(path, version);
    const edits: Edit[] = [];
    if (content !== version.content) {
      edits.push(this.#queue({ path, base: version.vector, content, stampMs: last.stampMs }));
    }
    if (copy !== undefined) {
      const name = conflictName(path, this.name, last.id);
      edits.push(this.#queue({ ...last, path: name, base: NOTHING.vector, content: copy }));
    }
    return edits;
  }

  /** Takes back the last edit, which could not be made durable. */
  withdraw(): void {
    const edit = this.pending.pop();
    if (edit === undefined) return;
    const before = this.pending.findLast(({ path }) => path === edit.path);
    this.files.set(edit.path, (before ?? this.#known(edit.path)).content);
  }

  /** Whether the server's version of a file is to be learnt: a file with edits of our own waits for the answer to them. */
  isNews(path: string, version: Version): boolean {
    if (this.pending.some((edit) => edit.path === path)) return false;
    return this.policy === "lastWriterWins" ||
      version.vector.compare(this.#known(path).vector) === "after";
  }

  /** Learns the server's version of a file, if it is news. */
  pull(path: string, version: Version): void {
    if (this.isNews(path, version)) this.#learn(path, version);
  }

  /** Sends all edits and pulls all files, without a fault on the way. */
  exchange(server: Server): void {
    while (this.pending.length > 0) this.send(server);
    for (const [path, version] of server.files) this.pull(path, version);
  }

  /** Sends the oldest edit and takes in the answer. */
  send(server: Server): Reply {
    const [edit] = this.pending;
    const reply = server.apply(edit);
    const conflict = this.receive(edit.id, reply);
    if (conflict !== undefined) this.settle(conflict, resolve(conflict));
    return reply;
  }

  #known(path: string): Version {
    return this.synced.get(path) ?? NOTHING;
  }

  #queue(edit: Omit<Edit, "id" | "device">): Edit {
    const queued = { ...edit, id: ++this.lastId, device: this.name };
    this.pending.push(queued);
    this.files.set(edit.path, edit.content);
    return queued;
  }

  #learn(path: string, version: Version): void {
    this.synced.set(path, version);
    if (!this.pending.some((edit) => edit.path === path)) this.files.set(path, version.content);
  }
}
