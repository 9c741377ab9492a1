/**
 * Whether a history of reads and writes could have come from one register that does one thing at a time.
 *
 * An operation takes effect at one instant between its start and its end. The search (Wing and Gong)
 * tries the operations that may come next: those that start before any other unfinished one ends. A
 * read of the present value is taken at once, since it changes nothing; a write is a choice, and a
 * choice that leads nowhere is taken back. A set of operations and value met before is not searched
 * again (Lowe). A write whose outcome is unknown may take effect at any time after its start, or never.
 *
 * Simplified: one register. Several are linearizable if and only if each is (Herlihy and Wing), so
 * that they are checked one by one.
 *
 * | part | cost |
 * | --- | --- |
 * | operations that do not overlap | O(n) |
 * | c writes under way at once | O(n 2^c) in the worst case |
 *
 * @example
 * ```ts
 * import { check } from "lib/sim/linearizable.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const write = { client: "w", op: "write", value: 1, start: 0, end: 9, ok: true } as const;
 * const newer = { client: "a", op: "read", value: 1, start: 1, end: 2, ok: true } as const;
 * const older = { client: "b", op: "read", value: null, start: 3, end: 4, ok: true } as const;
 * assertEquals(check([write, newer]).linearizable, true);
 * assertEquals(check([write, newer, older]).linearizable, false); // the later read is older
 * ```
 *
 * Source: Wing and Gong, "Testing and Verifying Concurrent Objects", JPDC 17, 1993; Lowe, "Testing
 * for Linearizability", 2017; Herlihy and Wing, "Linearizability", TOPLAS 12, 1990.
 */

/** What a register holds. */
export type Value = string | number | null;

/** One call of one client, in any unit of time. */
export interface Operation {
  readonly client: string;
  readonly op: "read" | "write";
  /** What was written, or what the read returned. */
  readonly value: Value;
  readonly start: number;
  readonly end: number;
  /** False: it had no effect. Unknown: nobody heard how it ended. */
  readonly ok: boolean | "unknown";
}

/** The verdict; `states` is how many situations the search looked at. */
export type Verdict<O extends Operation = Operation> =
  | { readonly linearizable: true; readonly witness: O[]; readonly states: number }
  | { readonly linearizable: false; readonly counterexample: O[]; readonly states: number };

/**
 * Searches an order that explains the history; `initial` is what the register held before.
 *
 * `witness` is that order. `counterexample` is a smallest part of the history that has none either:
 * any further read, or write that nobody read, left out of it, and an order exists.
 *
 * @throws {RangeError} When an operation ends before it starts.
 * @throws {TypeError} When one client has two operations under way.
 */
export function check<O extends Operation>(
  history: readonly O[],
  options: { initial?: Value } = {},
): Verdict<O> {
  const { initial = null } = options;
  const relevant = prepare(history);
  const { order, states } = search(relevant, initial);
  if (order) return { linearizable: true, witness: order, states };
  return { linearizable: false, counterexample: minimal(relevant, initial), states };
}

/** What has to be explained, by start: failures had no effect, and a read without answer says nothing. */
function prepare<O extends Operation>(history: readonly O[]): O[] {
  const sorted = history.toSorted((a, b) => a.start - b.start);
  const busyUntil = new Map<string, number>();
  for (const { client, op, value, start, end } of sorted) {
    if (!(end >= start)) {
      throw new RangeError(
        `Cannot check history: end must be start = ${start} or later: received ${end} of ${client}`,
      );
    }
    if (start < (busyUntil.get(client) ?? -Infinity)) {
      throw new TypeError(
        `Cannot check history: operations of one client must not overlap: received ${op} of ` +
          `${value} by ${client} at ${start}, before its last one ended; name a client a thread`,
      );
    }
    busyUntil.set(client, end);
  }
  return sorted.filter(({ op, ok }) => ok === true || ok === "unknown" && op === "write");
}

/** A choice of a write, which can be taken back. */
interface Choice {
  /** Operations done before it. */
  readonly done: bigint;
  /** Length of the order before it. */
  readonly length: number;
  /** All before this one are done. */
  readonly first: number;
  /** Writes not tried yet. */
  readonly rest: number[];
}

function search<O extends Operation>(
  operations: readonly O[],
  initial: Value,
): { order?: O[]; states: number } {
  const bits = operations.map((_, i) => 1n << BigInt(i));
  const ends = operations.map(({ ok, end }) => ok === true ? end : Infinity);
  const needed = operations.reduce((all, { ok }, i) => ok === true ? all | bits[i] : all, 0n);
  const seen = new Set<string>();
  const choices: Choice[] = [];
  const order: O[] = [];
  let [done, value, first] = [0n, initial, 0];
  for (;;) {
    // What may come next starts before the first end among those that are left.
    while (first < bits.length && (done & bits[first]) !== 0n) first++;
    let horizon = Infinity;
    const writes: number[] = [];
    let read = -1;
    for (let i = first; i < bits.length && operations[i].start <= horizon; i++) {
      if ((done & bits[i]) !== 0n) continue;
      horizon = Math.min(horizon, ends[i]);
      if (operations[i].op === "write") writes.push(i);
      else if (operations[i].value === value) read = i;
    }
    if ((done & needed) === needed) return { order, states: seen.size + 1 };
    if (read >= 0) {
      done |= bits[read];
      order.push(operations[read]);
      continue;
    }
    const key = `${done.toString(36)} ${typeof value} ${value}`;
    const rest = seen.has(key) ? [] : writes;
    seen.add(key);
    choices.push({ done, length: order.length, first, rest });
    while (choices.length > 0 && choices.at(-1)!.rest.length === 0) choices.pop();
    const choice = choices.at(-1);
    if (!choice) return { states: seen.size };
    const next = choice.rest.shift()!;
    order.length = choice.length;
    order.push(operations[next]);
    [done, value, first] = [choice.done | bits[next], operations[next].value, choice.first];
  }
}

/** Leaves out whatever can be left out while no order explains the rest. */
function minimal<O extends Operation>(history: readonly O[], initial: Value): O[] {
  let rest = [...history];
  for (let i = rest.length - 1; i >= 0; i--) {
    const left = rest[i];
    const fewer = rest.filter((one) => one !== left);
    // Without its write, a read would be unexplained for a reason that the history does not have.
    const read = left.op === "write" &&
      fewer.some(({ op, value }) => op === "read" && value === left.value);
    if (!read && !search(fewer, initial).order) rest = fewer;
  }
  return rest;
}
