/**
 * Synchronising files between devices and a server: the decisions alone, without clock, disk or network.
 *
 * A device queues each edit with its **base**: the version that the edit was made on. The server takes an edit when its
 * base has seen the current version, and else says that it is stale. The device then merges what both sides made of
 * their common ancestor, and sends the result with a base that has seen both. Versions are compared by vector clocks;
 * `lastWriterWins` compares time stamps instead, to show what that costs.
 *
 * Simplified: whole texts instead of chunks, since which bytes travel decides nothing; one server.
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
import { conflictName, resolve } from "./resolve.ts";

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

/** The version that an edit makes of its base. */
function made({ base, device, content, stampMs }: Edit): Version {
  return { vector: base.increment(device), content, stampMs };
}

export class Server {
  readonly policy: Policy;
  readonly files = new Map<string, Version>();
  /** The last edit of each device, and what it was told: a device sends again what was not answered. */
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
    this.answered.set(edit.device, { id: edit.id, reply });
    return reply;
  }

  #decide(edit: Edit): Reply {
    const current = this.version(edit.path), version = made(edit);
    if (this.policy === "lastWriterWins") {
      // The older stamp is dropped without a word.
      if (version.stampMs > current.stampMs) this.files.set(edit.path, version);
      return { status: "committed", version: this.version(edit.path) };
    }
    const seen = current.vector.compare(edit.base);
    if (seen === "after" || seen === "concurrent") return { status: "stale", version: current };
    this.files.set(edit.path, version);
    return { status: "committed", version };
  }
}

/** What a device did about an edit that met another. */
export interface Notice {
  path: string;
  kind: "merged" | "conflict" | "kept" | "copy";
}

export class Device {
  readonly name: string;
  readonly policy: Policy;
  /** What the user sees. */
  readonly files = new Map<string, Content>();
  /** What the server is known to have. */
  readonly synced = new Map<string, Version>();
  /** Edits that are not acknowledged, oldest first. */
  readonly pending: Edit[] = [];
  readonly notices: Notice[] = [];
  #lastId = 0;

  constructor(name: string, policy: Policy) {
    this.name = name;
    this.policy = policy;
  }

  /** The user saves a file; `stampMs` is what the device's clock says. */
  edit(path: string, content: Content, stampMs: number): Edit {
    const before = this.pending.findLast((edit) => edit.path === path);
    const base = before ? made(before).vector : this.#known(path).vector;
    return this.#queue({ path, base, content, stampMs });
  }

  /** Takes in the answer to the oldest edit; does nothing when that has been answered already. */
  receive(id: number, { status, version }: Reply): void {
    const edit = this.pending[0];
    if (edit?.id !== id) return;
    if (status === "stale") return this.#resolve(edit, version);
    this.pending.shift();
    this.#learn(edit.path, version);
  }

  /** Learns the server's version of a file; a file with edits of our own waits for the answer to them. */
  pull(path: string, version: Version): void {
    if (this.pending.some((edit) => edit.path === path)) return;
    if (this.policy === "vectors" && version.vector.compare(this.#known(path).vector) !== "after") {
      return;
    }
    this.#learn(path, version);
  }

  /** Sends all edits and pulls all files, without a fault on the way. */
  exchange(server: Server): void {
    while (this.pending.length > 0) {
      const [edit] = this.pending;
      this.receive(edit.id, server.apply(edit));
    }
    for (const [path, version] of server.files) this.pull(path, version);
  }

  #known(path: string): Version {
    return this.synced.get(path) ?? NOTHING;
  }

  #queue(edit: Omit<Edit, "id" | "device">): Edit {
    const queued = { ...edit, id: ++this.#lastId, device: this.name };
    this.pending.push(queued);
    this.files.set(edit.path, edit.content);
    return queued;
  }

  #learn(path: string, version: Version): void {
    this.synced.set(path, version);
    if (!this.pending.some((edit) => edit.path === path)) this.files.set(path, version.content);
  }

  /** Our edits of the file become one, merged with what the server has. */
  #resolve({ path }: Edit, theirs: Version): void {
    const ancestor = this.#known(path).content;
    const ours = this.pending.filter((edit) => edit.path === path);
    const last = ours.at(-1)!;
    const outcome = resolve({ path, ancestor, ours: last.content, theirs: theirs.content });
    // The new edits first: after a crash in between, both are sent, and the second is stale again.
    this.synced.set(path, theirs);
    const others = this.pending.filter((edit) => edit.path !== path);
    this.pending.splice(0, this.pending.length, ...others);
    this.notices.push({ path, kind: outcome.kind });
    if (outcome.content !== theirs.content) {
      this.#queue({ ...last, base: theirs.vector, content: outcome.content });
    } else this.files.set(path, theirs.content);
    if (outcome.copy !== undefined) {
      const copy = conflictName(path, this.name, last.id);
      this.#queue({ ...last, path: copy, base: new VectorClock(), content: outcome.copy });
    }
  }
}
