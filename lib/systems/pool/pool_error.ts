/**
 * Why a pool did not lend: one class, since callers catch it to shed load or to retry.
 *
 * @module
 */

/** `full`: too many wait already. `broken`: a resource could not be created; see `cause`. */
export type PoolErrorReason = "timeout" | "full" | "aborted" | "broken" | "closed";

export class PoolError extends Error {
  override name = "PoolError";
  readonly reason: PoolErrorReason;

  constructor(reason: PoolErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
