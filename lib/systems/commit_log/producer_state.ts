/**
 * What a log remembers of idempotent producers: enough to know a batch that comes twice, and one that comes too early.
 *
 * A producer numbers its records. The log keeps the numbers of its last five batches, as many as may be on their way at
 * once: a batch among them is a duplicate, acknowledged with its old offset and not appended; the batch that follows the
 * last one is appended; any other has a gap before it and is refused, so that order is kept. A new epoch of a producer
 * fences the old one.
 *
 * @example
 * ```ts
 * import { ProducerState } from "./producer_state.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const state = new ProducerState();
 * const first = { id: 9, epoch: 0, sequence: 0 };
 * assertEquals(state.duplicateOf(first, 10), undefined);
 * state.note(first, 10, 500);
 * assertEquals(state.duplicateOf(first, 10), 500);
 * ```
 *
 * Source: Kafka Improvement Proposal 98, Exactly Once Delivery and Transactional Messaging.
 *
 * @module
 */

/** Batches remembered, and the most that a producer may have on their way. */
export const WINDOW_BATCHES = 5;
/** Sequence numbers begin again behind this. */
const LAST_SEQUENCE = 0x7fffffff;

export interface ProducerBatch {
  id: number;
  epoch: number;
  /** Of the first record. */
  sequence: number;
}

/** A batch came before the one that it follows. */
export class OutOfOrderSequenceError extends Error {
  override name = "OutOfOrderSequenceError";
}

/** A producer of an older epoch, which another has replaced. */
export class ProducerFencedError extends Error {
  override name = "ProducerFencedError";
}

interface Seen {
  epoch: number;
  batches: { first: number; next: number; offset: number }[];
}

export class ProducerState {
  #seen = new Map<number, Seen>();

  /**
   * The offset of a batch that is in the log already; `undefined` for one that may be appended.
   *
   * @throws {OutOfOrderSequenceError} when a batch before it is missing
   * @throws {ProducerFencedError} when its epoch is over
   */
  duplicateOf({ id, epoch, sequence }: ProducerBatch, count: number): number | undefined {
    const seen = this.#seen.get(id);
    if (seen === undefined) return undefined;
    if (epoch < seen.epoch) {
      throw new ProducerFencedError(
        `Cannot append batch of producer ${id}: epoch must be at least ${seen.epoch}: received ${epoch}`,
      );
    }
    if (epoch === seen.epoch) {
      const next = sequenceAfter(sequence, count);
      const same = seen.batches.find((batch) => batch.first === sequence && batch.next === next);
      if (same !== undefined) return same.offset;
    }
    const expected = epoch === seen.epoch ? seen.batches.at(-1)!.next : 0;
    if (sequence === expected) return undefined;
    throw new OutOfOrderSequenceError(
      `Cannot append batch of producer ${id}: sequence must be ${expected}: received ${sequence}`,
    );
  }

  /** Takes note of a batch that was appended at an offset. */
  note({ id, epoch, sequence }: ProducerBatch, count: number, offset: number): void {
    const seen = this.#seen.get(id);
    const batches = seen?.epoch === epoch ? seen.batches : [];
    batches.push({ first: sequence, next: sequenceAfter(sequence, count), offset });
    if (batches.length > WINDOW_BATCHES) batches.shift();
    this.#seen.set(id, { epoch, batches });
  }
}

function sequenceAfter(sequence: number, count: number): number {
  const next = sequence + count;
  return next > LAST_SEQUENCE ? next - LAST_SEQUENCE - 1 : next;
}
