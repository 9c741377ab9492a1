/**
 * A client of etcd over its HTTP/JSON gateway: keys, transactions, leases, watches, and who leads.
 *
 * Keys and values are texts. All keys carry the client's namespace, which callers do not see. How calls find a member
 * that answers, and what their errors mean, is told in `etcd_gateway.ts`; watches are in `etcd_watch.ts`.
 *
 * Simplified: no authentication by certificate, no changes of membership; `gateway.call` reaches what else there is.
 *
 * @example
 * ```ts
 * import { etcd } from "./etcd.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = await etcd();
 * const { client } = store;
 * await client.put("leader", "a");
 * const before = await client.get("leader");
 * assertEquals((await client.compareAndSwap("leader", before, "b")).swapped, true);
 * assertEquals((await client.compareAndSwap("leader", before, "c")).swapped, false);
 * ```
 *
 * Source: etcd documentation, "etcd API".
 *
 * @module
 */
import { EtcdError, EtcdGateway, type GatewayOptions } from "./etcd_gateway.ts";
import { EtcdLease } from "./etcd_lease.ts";
import { openWatch, type WatchEvent, type WatchOptions } from "./etcd_watch.ts";
import {
  type Compare,
  decodeKeyValue,
  encodeCompare,
  encodeOperation,
  encodeRange,
  encodeText,
  type Keys,
  type KeyValue,
  type Operation,
  type WireKeyValue,
} from "./etcd_wire.ts";

export type { Compare, Keys, KeyValue, Operation } from "./etcd_wire.ts";

export interface EtcdClientOptions extends GatewayOptions {
  /** Put before every key. Default: none. */
  prefix?: string;
}

export interface RangeOptions {
  limit?: number;
  /** As the store was at this revision. Default: now. */
  revision?: number;
  /** Any member answers with what it knows, also one without a leader; else the answer is the newest. */
  isSerializable?: boolean;
}

/** Some keys, as of one revision of the store. */
export interface Range {
  pairs: KeyValue[];
  /** How many there are, also beyond the limit. */
  count: number;
  /** Of the store when it answered. */
  revision: number;
}

/** What an operation of a transaction gave: keys of a `get`, the number of a `delete`. */
export type OperationResult = { pairs?: KeyValue[]; deleted?: number };

export interface TransactionResult {
  /** Whether all comparisons held. */
  succeeded: boolean;
  revision: number;
  results: OperationResult[];
}

/** What a member says of itself; a member that does not answer says why. */
export type MemberStatus =
  | {
    endpoint: string;
    version: string;
    memberId: string;
    isLeader: boolean;
    /** Undefined while there is none. */
    leaderId?: string;
    term: number;
    raftIndex: number;
    dbBytes: number;
  }
  | { endpoint: string; error: string };

interface Header {
  header: { revision: string; member_id: string };
}

interface WireRange extends Header {
  kvs?: WireKeyValue[];
  count?: string;
}

interface WireStatus extends Header {
  version: string;
  leader?: string;
  raftTerm: string;
  raftIndex: string;
  dbSize: string;
}

interface WireTransaction extends Header {
  succeeded?: boolean;
  responses?: { response_range?: WireRange; response_delete_range?: { deleted?: string } }[];
}

export class EtcdClient {
  readonly prefix: string;
  readonly gateway: EtcdGateway;

  /** Endpoints such as http://127.0.0.1:2379. @throws {TypeError} for what is no address */
  constructor(
    endpoints: readonly string[],
    { prefix = "", ...options }: EtcdClientOptions = {},
  ) {
    this.prefix = prefix;
    this.gateway = new EtcdGateway(endpoints, options);
  }

  /** The key with its value, or undefined where there is none. */
  async get(key: string, options: RangeOptions = {}): Promise<KeyValue | undefined> {
    return (await this.range(key, options)).pairs.at(0);
  }

  /** Keys in their order. */
  async range(keys: Keys, options: RangeOptions = {}): Promise<Range> {
    const { limit, revision, isSerializable } = options;
    const answer = await this.gateway.call<WireRange>("/v3/kv/range", {
      ...encodeRange(this.prefix, keys),
      ...(limit !== undefined && { limit: String(limit) }),
      ...(revision !== undefined && { revision: String(revision) }),
      ...(isSerializable && { serializable: true }),
    }, { isRead: true });
    return this.#readRange(answer);
  }

  /** Sets a value; returns the store's revision that did. A key with a lease ends with it. */
  async put(key: string, value: string, options: { lease?: string } = {}): Promise<number> {
    const { header } = await this.gateway.call<Header>("/v3/kv/put", {
      key: encodeText(this.prefix + key),
      value: encodeText(value),
      ...options,
    });
    return Number(header.revision);
  }

  /** Removes keys; returns how many there were. */
  async delete(keys: Keys): Promise<number> {
    const range = encodeRange(this.prefix, keys);
    const { deleted } = await this.gateway.call<{ deleted?: string }>("/v3/kv/deleterange", range);
    return Number(deleted ?? 0);
  }

  /** Does one list of operations where all comparisons hold, else the other; all at once. */
  async transaction(
    compare: readonly Compare[],
    success: readonly Operation[],
    failure: readonly Operation[] = [],
  ): Promise<TransactionResult> {
    const encode = (operation: Operation) => encodeOperation(this.prefix, operation);
    const answer = await this.gateway.call<WireTransaction>("/v3/kv/txn", {
      compare: compare.map((each) => encodeCompare(this.prefix, each)),
      success: success.map(encode),
      failure: failure.map(encode),
    }, { isRead: [...success, ...failure].every((operation) => "get" in operation) });
    const results = (answer.responses ?? []).map((response): OperationResult => {
      const { response_range: range, response_delete_range: removed } = response;
      if (range !== undefined) {
        return { pairs: (range.kvs ?? []).map((pair) => decodeKeyValue(this.prefix, pair)) };
      }
      return removed === undefined ? {} : { deleted: Number(removed.deleted ?? 0) };
    });
    const revision = Number(answer.header.revision);
    return { succeeded: answer.succeeded ?? false, revision, results };
  }

  /** Sets a value if the key is still as it was read; undefined: if it is still absent. Tells what is there else. */
  async compareAndSwap(
    key: string,
    expected: Pick<KeyValue, "modRevision"> | undefined,
    value: string,
    options: { lease?: string } = {},
  ): Promise<{ swapped: boolean; revision: number; current?: KeyValue }> {
    const { succeeded, revision, results } = await this.transaction(
      [{ key, modRevision: expected?.modRevision ?? 0 }],
      [{ put: key, value, ...options }],
      [{ get: key }],
    );
    return { swapped: succeeded, revision, current: results[0]?.pairs?.at(0) };
  }

  /** Grants a lease that ends after some seconds unless it is kept alive; returns its id. */
  async grant(seconds: number): Promise<string> {
    if (!(Number.isInteger(seconds) && seconds >= 1)) {
      throw new RangeError(
        `Cannot grant a lease: seconds must be a whole number from 1 up: received ${seconds}`,
      );
    }
    const { ID } = await this.gateway.call<{ ID: string }>("/v3/lease/grant", {
      TTL: String(seconds),
    });
    return ID;
  }

  /** Starts the time of a lease anew; returns its seconds. @throws {EtcdError} "not found" when it has ended */
  async keepAlive(id: string, timeoutMs?: number): Promise<number> {
    const { result } = await this.gateway.call<{ result: { TTL?: string } }>(
      "/v3/lease/keepalive",
      { ID: id },
      // Twice does no harm.
      { isRead: true, timeoutMs },
    );
    if (result.TTL !== undefined) return Number(result.TTL);
    throw new EtcdError("not found", `Cannot keep lease ${id}: it must be alive: received its end`);
  }

  /** Ends a lease, and the keys that have it. @throws {EtcdError} "not found" when it has ended */
  async revoke(id: string): Promise<void> {
    await this.gateway.call("/v3/lease/revoke", { ID: id });
  }

  /** A lease that is kept alive until it is released. */
  async lease(seconds: number): Promise<EtcdLease> {
    const grantedMs = performance.now();
    return new EtcdLease(this, await this.grant(seconds), seconds, grantedMs);
  }

  /**
   * Changes of keys, in order and without a gap, from the moment that this resolves, or from a revision.
   *
   * They end when the signal aborts. A member that is gone is replaced by another.
   *
   * @throws {EtcdError} while iterating: "compacted" when the revision is gone, "unavailable" when no member answers
   */
  async watch(keys: Keys, options: WatchOptions = {}): Promise<AsyncGenerator<WatchEvent, void>> {
    return await openWatch(this.gateway, this.prefix, keys, options);
  }

  /** Forgets what was before a revision. */
  async compact(revision: number): Promise<void> {
    await this.gateway.call("/v3/kv/compaction", { revision: String(revision), physical: true });
  }

  /** What each member says of itself, in the order of the endpoints. */
  async status(): Promise<MemberStatus[]> {
    return await Promise.all(
      this.gateway.endpoints.map((endpoint) =>
        this.#memberStatus(endpoint).catch((error: Error) => ({ endpoint, error: error.message }))
      ),
    );
  }

  async #memberStatus(endpoint: string): Promise<MemberStatus> {
    const path = "/v3/maintenance/status";
    const status = await this.gateway.callMember<WireStatus>(endpoint, path);
    const memberId = status.header.member_id;
    return {
      endpoint,
      version: status.version,
      memberId,
      isLeader: status.leader === memberId,
      leaderId: status.leader,
      term: Number(status.raftTerm),
      raftIndex: Number(status.raftIndex),
      dbBytes: Number(status.dbSize),
    };
  }

  #readRange({ header, kvs = [], count }: WireRange): Range {
    return {
      pairs: kvs.map((pair) => decodeKeyValue(this.prefix, pair)),
      count: Number(count ?? 0),
      revision: Number(header.revision),
    };
  }

  /** Ends calls and watches; leases run out. */
  close(): void {
    this.gateway.close();
  }
}
