/**
 * What a pool lends: a resource, until it is given back, once.
 *
 * @module
 */

interface Lender<C> {
  giveBack(lease: Lease<C>, isBroken: boolean): void;
}

/** A resource on loan; with `using`, the end of the block gives it back. */
export class Lease<C> implements Disposable {
  readonly resource: C;
  /** When it was lent, to a tick of the pool. */
  readonly sinceMs: number;
  readonly tag: string;
  readonly stack: string | undefined;
  /** Whether the pool has called it a leak. */
  isReported = false;
  /** The next one lent; itself once it has been given back. */
  after: Lease<C> = this;
  #before: Lease<C> = this;
  #pool: Lender<C>;

  constructor(
    pool: Lender<C>,
    resource: C,
    sinceMs: number,
    tag: string,
    stack: string | undefined,
  ) {
    this.#pool = pool;
    this.resource = resource;
    this.sinceMs = sinceMs;
    this.tag = tag;
    this.stack = stack;
  }

  /** Called by the pool: takes the last place of the ring that begins at `head`. */
  linkBefore(head: Lease<C>): void {
    this.#before = head.#before;
    this.after = head;
    head.#before.after = this;
    head.#before = this;
  }

  /** Called by the pool: leaves the ring; false when it has left it before. */
  unlink(): boolean {
    if (this.after === this) return false;
    this.#before.after = this.after;
    this.after.#before = this.#before;
    this.after = this.#before = this;
    return true;
  }

  /** Gives the resource back; a broken one is destroyed. The second time does nothing. */
  release(options?: { broken: boolean }): void {
    this.#pool.giveBack(this, options?.broken ?? false);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
