/**
 * Two faults of kafkajs 2.2.4, mended in its classes.
 *
 * A timer that looks after waiting requests starts itself again at once when none waits, for ever, with a delay below
 * zero, of which the runtime warns. Mended, it runs only while requests wait.
 *
 * A consumer that ends, of itself or because it is told to, while it deals its brokers anew to fetchers, as it does when
 * a broker goes: the new fetchers begin after the old ones were told to end, get empty answers without a wait, and ask
 * again for ever; no timer and no socket of the process has its turn any more. Mended, a fetcher that asks on behalf of
 * a consumer that has ended is told to end.
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

let isMended = false;

/** Mends what this process has loaded of kafkajs; once is enough. */
export function mendKafkajs(): void {
  if (isMended) return;
  isMended = true;
  mendTimer();
  mendFetchers();
}
