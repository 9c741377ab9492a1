/**
 * A lease of etcd that is kept alive, and says when it no longer is.
 *
 * It is renewed each third of its time. Its holder may count on it up to `validUntilMs`, by its own monotonic clock from
 * the moment before the last renewal was sent: etcd counts from later, so the holder knows first. Then `signal` aborts.
 *
 * @example
 * ```ts
 * import { etcd } from "./etcd.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = await etcd();
 * const lease = await store.client.lease(5);
 * await store.client.put("worker", "here", { lease: lease.id });
 * await lease.release();
 * assertEquals(await store.client.get("worker"), undefined);
 * ```
 *
 * @module
 */
import type { EtcdClient } from "./etcd_client.ts";

export class EtcdLease implements AsyncDisposable {
  readonly id: string;
  readonly seconds: number;
  readonly #client: EtcdClient;
  readonly #lost = new AbortController();
  #validUntilMs: number;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #expiry: ReturnType<typeof setTimeout> | undefined;

  constructor(client: EtcdClient, id: string, seconds: number, grantedMs: number) {
    this.#client = client;
    this.id = id;
    this.seconds = seconds;
    this.#validUntilMs = grantedMs + seconds * 1000;
    this.#schedule();
  }

  /** Aborts when the lease is no longer sure, or was released. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** By `performance.now()`. */
  get validUntilMs(): number {
    return this.#validUntilMs;
  }

  #schedule(): void {
    this.#stop();
    const leftMs = this.#validUntilMs - performance.now();
    this.#expiry = setTimeout(() => this.#lose(), leftMs);
    this.#renewal = setTimeout(() => void this.#renew(), Math.min(leftMs, this.seconds * 333));
  }

  async #renew(): Promise<void> {
    while (!this.#lost.signal.aborted) {
      const sentMs = performance.now();
      try {
        const seconds = await this.#client.keepAlive(this.id, this.#validUntilMs - sentMs);
        if (this.#lost.signal.aborted) return;
        this.#validUntilMs = sentMs + seconds * 1000;
        this.#schedule();
        return;
      } catch (error) {
        if ((error as { code?: string }).code === "not found") this.#lose();
        await new Promise((done) => setTimeout(done, 50));
      }
    }
  }

  #lose(): void {
    this.#stop();
    this.#lost.abort(new Error(`Lease ${this.id} is no longer sure`));
  }

  #stop(): void {
    clearTimeout(this.#renewal);
    clearTimeout(this.#expiry);
  }

  /** Renews it no more; it runs out by itself, as when its holder dies. */
  abandon(): void {
    this.#lose();
  }

  /** Ends the lease, and the keys that have it; fine when it has ended already. */
  async release(): Promise<void> {
    this.#lose();
    try {
      await this.#client.revoke(this.id);
    } catch (error) {
      if ((error as { code?: string }).code !== "not found") throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
