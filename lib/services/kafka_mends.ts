/**
 * Three faults of kafkajs 2.2.4, mended in its classes for whoever imports this.
 *
 * A timer that looks after waiting requests starts itself again at once when none waits, for ever, with a delay below
 * zero, of which the runtime warns. Mended, it runs only while requests wait.
 *
 * A consumer that ends, of itself or because it is told to, while it deals its brokers anew to fetchers, as it does when
 * a broker goes: the new fetchers begin after the old ones were told to end, get empty answers without a wait, and ask
 * again for ever; no timer and no socket of the process has its turn any more. Mended, a fetcher that asks on behalf of
 * a consumer that has ended is told to end.
 *
 * A consumer of committed records sees some that were aborted: it takes the brokers' list of aborted transactions to be in
 * the order of their beginnings, where it is in the order of their ends, and looks at one of them a record. Mended, all
 * that have begun are looked at, and their records are marked as ones that consumers do not see.
 *
 * @module
 */
import { createRequire } from "node:module";

const kafkajs = (path: string): unknown => createRequire(import.meta.url)(`kafkajs/src/${path}`);

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: ReturnType<typeof setTimeout> | null;
  checkPendingRequests(): void;
}

function mendTimer(): void {
  const { prototype } = kafkajs("network/requestQueue") as { prototype: RequestQueue };
  Object.assign(prototype, {
    scheduleCheckPendingRequests(this: RequestQueue): void {
      if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
      this.throttleCheckTimeoutId = setTimeout(() => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      }, Math.max(this.throttledUntil - Date.now(), 10));
    },
  });
}

interface Runner {
  running: boolean;
  fetchManager: { stop(): Promise<void> };
  fetch(nodeId: number): Promise<unknown[]>;
}

function mendFetchers(): void {
  const { prototype } = kafkajs("consumer/runner") as { prototype: Runner };
  const { fetch } = prototype;
  prototype.fetch = function (nodeId) {
    if (!this.running) void this.fetchManager.stop();
    return fetch.call(this, nodeId);
  };
}

/** A record as it was fetched. */
interface Fetched {
  offset: string;
  key: Uint8Array | null;
  isControlRecord: boolean;
  batchContext: { producerId: string; inTransaction: boolean };
}

interface FetchedPartition {
  messages: Fetched[];
  abortedTransactions?: { producerId: string; firstOffset: string }[] | null;
}

interface Broker {
  fetch(request: object): Promise<{ responses: { partitions: FetchedPartition[] }[] }>;
}

/** The key of a mark says version and kind; the kind is 0 for an abort. */
const isAbortMark = ({ isControlRecord, key }: Fetched) => isControlRecord && key?.[3] === 0;

/** Marks the records of aborted transactions as ones that consumers do not see. */
function hideAborted(partition: FetchedPartition): void {
  const waiting = (partition.abortedTransactions ?? [])
    .toSorted((a, b) => Number(a.firstOffset) - Number(b.firstOffset));
  if (waiting.length === 0) return;
  const aborted = new Set<string>();
  for (const message of partition.messages) {
    while (waiting.length > 0 && Number(waiting[0].firstOffset) <= Number(message.offset)) {
      aborted.add(waiting.shift()!.producerId);
    }
    const { producerId, inTransaction } = message.batchContext;
    if (isAbortMark(message)) aborted.delete(producerId);
    else if (inTransaction && aborted.has(producerId)) message.isControlRecord = true;
  }
  partition.abortedTransactions = [];
}

function mendReadCommitted(): void {
  const { prototype } = kafkajs("broker") as { prototype: Broker };
  const { fetch } = prototype;
  prototype.fetch = async function (request) {
    const response = await fetch.call(this, request);
    for (const { partitions } of response.responses) partitions.forEach(hideAborted);
    return response;
  };
}

mendTimer();
mendFetchers();
mendReadCommitted();
