/**
 * Watches keys of etcd: every change, in order, without a gap, also when members come and go.
 *
 * When the stream of a member breaks, the watch goes on with the next member, from the revision after the last one that
 * it has seen. A stream that says nothing for a while may come from a member that is frozen or cut off, so that member is
 * asked who leads; one that does not answer, or knows no leader, is left too.
 *
 * @module
 */
import { EtcdError, type EtcdGateway, type Stream } from "./etcd_gateway.ts";
import {
  decodeKeyValue,
  encodeRange,
  type Keys,
  type KeyValue,
  type WireKeyValue,
} from "./etcd_wire.ts";

export interface WatchEvent {
  type: "put" | "delete";
  /** As it is now; of a deleted key, its name and the revision that removed it. */
  pair: KeyValue;
  /** As it was before, where that was asked for. */
  previous?: KeyValue;
}

export interface WatchOptions {
  /** The first revision of interest. Default: the next. */
  from?: number;
  /** Ends the watch. */
  signal?: AbortSignal;
  /** Also tell what was there before. */
  withPrevious?: boolean;
  /** How long to look for a member that answers. Default: 30,000. */
  retryMs?: number;
  /** How long a stream may say nothing before its member is asked. Default: 3,000. */
  quietMs?: number;
}

interface WireEvent {
  type?: "DELETE";
  kv: WireKeyValue;
  prev_kv?: WireKeyValue;
}

interface WireWatch {
  result?: {
    header: { revision?: string };
    created?: boolean;
    canceled?: boolean;
    compact_revision?: string;
    cancel_reason?: string;
    events?: WireEvent[];
  };
  /** The member is about to leave. */
  error?: unknown;
}

const RETRY_MS = 100;

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Whether a member answers and knows a leader. */
async function isFollowing(gateway: EtcdGateway, endpoint: string): Promise<boolean> {
  try {
    const { leader = "0" } = await gateway
      .callMember<{ leader?: string }>(endpoint, "/v3/maintenance/status");
    return leader !== "0";
  } catch {
    return false;
  }
}

/** The next line of a stream; undefined when it ends, breaks, or its member is no longer of use. */
async function nextLine(
  gateway: EtcdGateway,
  { endpoint, lines, cut }: Stream,
  quietMs: number,
): Promise<WireWatch | undefined> {
  const line = lines.next().then(
    ({ value, done }) => done || (value as WireWatch).error ? undefined : value as WireWatch,
    () => undefined,
  );
  while (true) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const quiet = new Promise<"quiet">((done) => timer = setTimeout(() => done("quiet"), quietMs));
    const first = await Promise.race([line, quiet]);
    clearTimeout(timer);
    if (first !== "quiet") return first;
    if (!await isFollowing(gateway, endpoint)) {
      cut();
      return undefined;
    }
  }
}

class Watch {
  readonly #gateway: EtcdGateway;
  readonly #namespace: string;
  readonly #keys: Keys;
  readonly #options: WatchOptions;
  #next: number | undefined;
  #stream: Stream | undefined;

  constructor(gateway: EtcdGateway, namespace: string, keys: Keys, options: WatchOptions) {
    this.#gateway = gateway;
    this.#namespace = namespace;
    this.#keys = keys;
    this.#options = options;
    this.#next = options.from;
  }

  get #hasEnded(): boolean {
    return this.#options.signal?.aborted === true;
  }

  /** Opens the stream of a member that answers; resolves once etcd has taken the watch. */
  async open(): Promise<void> {
    const { retryMs = 30_000, withPrevious = false } = this.#options;
    const endMs = performance.now() + retryMs;
    const request = {
      create_request: {
        ...encodeRange(this.#namespace, this.#keys),
        ...(this.#next !== undefined && { start_revision: String(this.#next) }),
        prev_kv: withPrevious,
      },
    };
    while (!this.#hasEnded) {
      const endpoint = this.#gateway.preferred;
      try {
        if (await this.#openAt(endpoint, request)) return;
      } catch (error) {
        const { code } = error as EtcdError;
        if (this.#gateway.isClosed || (code !== "unavailable" && code !== "timeout")) throw error;
      }
      if (this.#hasEnded) return;
      this.#gateway.avoid(endpoint);
      if (performance.now() > endMs) {
        throw new EtcdError(
          "unavailable",
          `Cannot watch: a member of etcd must answer within ${retryMs} ms: received nothing from ${
            this.#gateway.endpoints.join(", ")
          }`,
        );
      }
      await sleep(RETRY_MS);
    }
  }

  async #openAt(endpoint: string, request: unknown): Promise<boolean> {
    if (!await isFollowing(this.#gateway, endpoint)) return false;
    this.#stream?.cut();
    this.#stream = await this.#gateway.stream("/v3/watch", request, this.#options.signal);
    const line = await nextLine(this.#gateway, this.#stream, this.#options.quietMs ?? 3000);
    if (line?.result?.created !== true) {
      if (line !== undefined) this.#check(line);
      return false;
    }
    this.#next ??= Number(line.result.header.revision ?? 0) + 1;
    return true;
  }

  #check({ result }: WireWatch): void {
    if (result?.compact_revision !== undefined && result.compact_revision !== "0") {
      throw new EtcdError(
        "compacted",
        `Cannot watch: from must be ${result.compact_revision} or later, what was before is forgotten: received ${this.#next}`,
      );
    }
    if (!result?.canceled) return;
    const reason = result.cancel_reason || "no reason";
    throw new EtcdError("failed", `Cannot watch: etcd must agree: received ${reason}`);
  }

  async *events(): AsyncGenerator<WatchEvent, void> {
    try {
      while (!this.#hasEnded) {
        const line = await nextLine(this.#gateway, this.#stream!, this.#options.quietMs ?? 3000);
        if (this.#hasEnded) return;
        if (line === undefined) {
          if (this.#gateway.isClosed) return;
          await this.open();
          continue;
        }
        this.#check(line);
        const events = line.result?.events ?? [];
        for (const event of events) {
          yield this.#read(event);
          if (this.#hasEnded) return;
        }
        // All changes of a revision come in one line.
        const last = events.at(-1)?.kv.mod_revision;
        if (last !== undefined) this.#next = Number(last) + 1;
      }
    } finally {
      this.#stream?.cut();
    }
  }

  #read({ type, kv, prev_kv }: WireEvent): WatchEvent {
    return {
      type: type === "DELETE" ? "delete" : "put",
      pair: decodeKeyValue(this.#namespace, kv),
      ...(prev_kv !== undefined && { previous: decodeKeyValue(this.#namespace, prev_kv) }),
    };
  }
}

/** Starts a watch; resolves once etcd has taken it. */
export async function openWatch(
  gateway: EtcdGateway,
  namespace: string,
  keys: Keys,
  options: WatchOptions,
): Promise<AsyncGenerator<WatchEvent, void>> {
  const watch = new Watch(gateway, namespace, keys, options);
  await watch.open();
  return watch.events();
}
