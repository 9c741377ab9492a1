/**
 * Errors that belong to the model: time-outs, refusals, interruptions.
 *
 * An overloaded system throws them by the million. Creating an `Error` takes a walk up the stack,
 * some 40 times what one of these takes, which would be most of the work of such a run. So these
 * have no stack trace; they are errors by their prototype.
 *
 * @example
 * ```ts
 * import { ModelError } from "lib/sim/model_error.ts";
 * import { assert, assertEquals } from "@std/assert";
 *
 * class Evicted extends ModelError {}
 * const error = new Evicted("cache is full");
 * assert(error instanceof Error);
 * assertEquals(String(error), "Evicted: cache is full");
 * ```
 */

export class ModelError implements Error {
  readonly name: string;
  readonly message: string;

  constructor(message = "") {
    this.name = new.target.name;
    this.message = message;
  }
}

Object.setPrototypeOf(ModelError.prototype, Error.prototype);
