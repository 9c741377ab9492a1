/**
 * A trace of the last steps of a run: for debugging a failure, and as a message-sequence chart.
 *
 * A ring keeps the last `capacity` steps, so that tracing a long run costs little memory. When the
 * run fails, `explain()` prints the steps that can have caused the last one, and no others: going
 * backwards, what happened at its node, and what happened at each sender before the message left.
 *
 * @example
 * ```ts
 * import { Trace } from "lib/sim/trace.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const trace = new Trace();
 * trace.send(0, 1, "a", "b", "write");
 * trace.send(0, 2, "c", "d", "ping"); // has nothing to do with what follows
 * trace.receive(0.5, 1, "a", "b", "write");
 * trace.note(1, "b", "disk full");
 * assertEquals(trace.causes().map((step) => step.kind), ["send", "receive", "note"]);
 * ```
 *
 * Source: Lamport, "Time, clocks, and the ordering of events in a distributed system", CACM 1978.
 */

/** What can happen to a message or at a node. */
export type Kind = "send" | "receive" | "drop" | "timeout" | "note";

/** One step of a run. */
export interface Step {
  /** Virtual time, s. */
  readonly at: number;
  readonly kind: Kind;
  /** Number of the message, shared by its sending, arrival and loss; 0 for other steps. */
  readonly message: number;
  readonly from: string;
  /** Equal to `from` where no message is involved. */
  readonly to: string;
  readonly label: string;
}

export class Trace {
  #capacity: number;
  #steps: Step[] = [];
  #next = 0;

  /** Keeps the last `capacity` steps. */
  constructor(capacity = 10_000) {
    if (!(Number.isInteger(capacity) && capacity >= 1)) {
      throw new RangeError(
        `Cannot create trace: capacity must be an integer above 0: received ${capacity}`,
      );
    }
    this.#capacity = capacity;
  }

  /** Steps recorded so far, kept or not. */
  get count(): number {
    return this.#next;
  }

  send(at: number, message: number, from: string, to: string, label: string): void {
    this.#record({ at, kind: "send", message, from, to, label });
  }

  receive(at: number, message: number, from: string, to: string, label: string): void {
    this.#record({ at, kind: "receive", message, from, to, label });
  }

  drop(at: number, message: number, from: string, to: string, label: string): void {
    this.#record({ at, kind: "drop", message, from, to, label });
  }

  timeout(at: number, node: string, label: string): void {
    this.#record({ at, kind: "timeout", message: 0, from: node, to: node, label });
  }

  /** Anything worth telling that happens at one node. */
  note(at: number, node: string, label: string): void {
    this.#record({ at, kind: "note", message: 0, from: node, to: node, label });
  }

  /** The steps that are kept, oldest first. */
  steps(): Step[] {
    if (this.#next <= this.#capacity) return [...this.#steps];
    const oldest = this.#next % this.#capacity;
    return [...this.#steps.slice(oldest), ...this.#steps.slice(0, oldest)];
  }

  /** The steps that can have caused the last one, oldest first; the last one included. */
  causes(): Step[] {
    const steps = this.steps();
    const last = steps.at(-1);
    if (last === undefined) return [];
    const nodes = new Set([last.kind === "receive" ? last.to : last.from]);
    const messages = new Set([last.message]);
    const causes: Step[] = [];
    for (const step of steps.reverse()) {
      if (step.kind === "receive" ? nodes.has(step.to) : nodes.has(step.from)) {
        if (step.kind === "receive") messages.add(step.message);
      } else if (step.kind === "send" && step.message > 0 && messages.has(step.message)) {
        nodes.add(step.from); // from here on back, what happened at the sender counts too
      } else continue;
      causes.push(step);
    }
    return causes.reverse();
  }

  /** The causes of the last step as text, one a line, at most the last 40. */
  explain(): string {
    const causes = this.causes();
    const shown = causes.slice(-40);
    const left = causes.length - shown.length;
    const head = left > 0 ? [`… ${left} earlier steps`] : [];
    return [...head, ...shown.map(describe)].join("\n");
  }

  #record(step: Step): void {
    this.#steps[this.#next++ % this.#capacity] = step;
  }
}

/** A step as a line of text. */
export function describe(step: Step): string {
  const { kind, from, to, label } = step;
  const at = `${step.at.toFixed(6)} s`;
  if (from === to) return `${at} ${from}: ${kind === "timeout" ? "timeout, " : ""}${label}`;
  if (kind === "drop") return `${at} lost from ${from} to ${to}: ${label}`;
  if (kind === "receive") return `${at} ${to} receives from ${from}: ${label}`;
  return `${at} ${from} sends to ${to}: ${label}`;
}
