/**
 * What a pool has lent, oldest first, and which of it has been out for too long.
 *
 * A ring through the leases themselves, in the order in which they were lent: lending and giving back take two links,
 * and a search for leaks ends at the first lease that is young enough.
 *
 * @module
 */
import { Lease } from "./lease.ts";
import type { PoolOptions } from "./pool_options.ts";

type Watched<C> = Pick<PoolOptions<C>, "leakMs" | "onLeak" | "stacks">;

export class Loans<C> {
  count = 0;
  leaked = 0;
  /** Whether a lease remembers where it was acquired: from the start, or since the first leak. */
  takesStacks: boolean;
  #pool: ConstructorParameters<typeof Lease<C>>[0];
  /** A lease that is none: the ring begins and ends here. */
  #ring: Lease<C>;
  #options: Watched<C>;
  #nextLookMs = 0;

  constructor(pool: ConstructorParameters<typeof Lease<C>>[0], options: Watched<C>) {
    this.#pool = pool;
    this.#options = options;
    this.#ring = new Lease<C>(pool, undefined as C, 0, "", undefined);
    this.takesStacks = options.stacks === "always";
  }

  lend(resource: C, nowMs: number, tag: string, stack: string | undefined): Lease<C> {
    const lease = new Lease(this.#pool, resource, nowMs, tag, stack);
    lease.linkBefore(this.#ring);
    this.count++;
    return lease;
  }

  /** Takes a lease out; false for one that was given back before. */
  end(lease: Lease<C>): boolean {
    if (!lease.unlink()) return false;
    this.count--;
    return true;
  }

  oldestMs(nowMs: number): number {
    return this.count > 0 ? nowMs - this.#ring.after.sinceMs : 0;
  }

  /** Reports leases that are too old, each once; looks four times in that age, and once a second at least. */
  findLeaks(nowMs: number): void {
    if (nowMs < this.#nextLookMs) return;
    const { leakMs = 30_000, onLeak, stacks } = this.#options;
    this.#nextLookMs = nowMs + Math.min(1000, leakMs / 4);
    for (let lease = this.#ring.after; lease !== this.#ring; lease = lease.after) {
      const ageMs = nowMs - lease.sinceMs;
      if (ageMs < leakMs) break; // the rest is younger
      if (lease.isReported) continue;
      lease.isReported = true;
      this.leaked++;
      if (stacks !== "never") this.takesStacks = true;
      onLeak?.({ tag: lease.tag, ageMs, stack: lease.stack });
    }
  }
}

/** Where a function was called. */
export function stackOf(called: unknown): string {
  const at: { stack?: string } = {};
  // deno-lint-ignore ban-types -- V8 leaves out the frames up to this function
  Error.captureStackTrace(at, called as Function);
  return at.stack!.slice(at.stack!.indexOf("\n") + 1);
}
