/**
 * A replicated register with the toggles of the CAP theorem, on a network that delays, splits and heals.
 *
 * A write asks a read quorum for the highest version, and stores the next one at a write quorum. A
 * read takes the highest version of a read quorum, and with `writeBack` stores it at a write quorum
 * before it answers. Who does not hear a quorum in time refuses, or with `onPartition: "stale"` makes
 * do with whoever answered. Four clients, two on each side of a partition into a majority and a
 * minority, leave a history for the checker of `sim/linearizable.ts`.
 *
 * Simplified: replicas keep their state over a crash, as on a disk; versions are numbers with the
 * client in the last digits, so that no two writes have the same.
 *
 * @example
 * ```ts
 * import { capHistory } from "lib/systems/mental_models/cap_register.ts";
 * import { check } from "lib/sim/linearizable.ts";
 * import { assert } from "@std/assert";
 *
 * const quorums = { replicas: 3, readQuorum: 2, writeQuorum: 2, writeBack: true };
 * assert(check(capHistory(quorums, 1)).linearizable);
 * ```
 *
 * Source: Attiya, Bar-Noy and Dolev, "Sharing Memory Robustly in Message-Passing Systems", JACM 42,
 * 1995; Lynch and Shvartsman, "Robust emulation of shared memory", FTCS 1997 (several writers).
 */
import { deterministic, exponential, mixture } from "../../sim/distribution.ts";
import type { Operation, Value } from "../../sim/linearizable.ts";
import { Network } from "../../sim/network.ts";
import { integer, pick } from "../../sim/random.ts";
import { Simulation } from "../../sim/simulation.ts";

/** The toggles. */
export interface CapToggles {
  readonly replicas: number;
  readonly readQuorum: number;
  readonly writeQuorum: number;
  /** What to do without a quorum; default refuse. */
  readonly onPartition?: "refuse" | "stale";
  /** Whether a read stores what it returns; default false. */
  readonly writeBack?: boolean;
  /** Operations of each client; default 3. */
  readonly each?: number;
}

export type Side = "majority" | "minority";

/** An operation, with what the checker need not know. */
export interface CapOperation extends Operation {
  readonly side: Side;
  /** Began while the network was split. */
  readonly split: boolean;
  /** Of the value read or written; 0 before any write. */
  readonly version: number;
}

/** Seconds: patience of a client, its pause between operations, and the split. */
const [PATIENCE, PAUSE, SPLIT_FROM, SPLIT_FOR] = [0.15, 0.04, 0.08, 0.4];

interface Stored {
  readonly version: number;
  readonly value: Value;
}

interface Message {
  readonly call: number;
  /** To be stored; a question when absent. */
  readonly put?: Stored;
  /** The answer: what the replica holds. */
  readonly holds?: Stored;
}

interface Answer {
  readonly heard: readonly Stored[];
  readonly inTime: boolean;
}

/** Runs four clients to the end; equal seeds give equal histories. */
export function capHistory(toggles: CapToggles, seed: number | string): CapOperation[] {
  checkToggles(toggles);
  const { replicas, readQuorum, writeQuorum, onPartition = "refuse", each = 3 } = toggles;
  const sim = new Simulation({ seed });
  const latency = mixture([[0.8, exponential(0.005)], [0.2, exponential(0.05)], [
    0.05,
    deterministic(0.1),
  ]]);
  const network = new Network<Message>(sim, { latency });
  const nodes = Array.from({ length: replicas }, (_, n) => `r${n}`);
  const majority = nodes.slice(0, Math.floor(replicas / 2) + 1);
  const states = new Map(nodes.map((name) => [name, { version: 0, value: null } as Stored]));
  const history: CapOperation[] = [];
  const waiting = new Map<number, (holds: Stored) => void>();
  const chance = sim.random("clients");
  let [calls, writes, split] = [0, 0, false];
  let crashed = "";

  function attach(name: string) {
    network.attach(name, ({ call, put }, from) => {
      if (name === crashed) return;
      const holds = states.get(name)!;
      if (put && put.version > holds.version) states.set(name, put);
      network.send(name, from, { call, holds });
    });
  }

  function ask(client: string, put: Stored | undefined, quorum: number, done: (a: Answer) => void) {
    const call = ++calls;
    const heard: Stored[] = [];
    const end = (inTime: boolean) => {
      if (!waiting.delete(call)) return;
      sim.cancel(timer);
      done({ heard, inTime });
    };
    const timer = sim.schedule(PATIENCE, () => end(false));
    waiting.set(call, (holds) => {
      heard.push(holds);
      if (heard.length === quorum) end(true);
    });
    for (const node of nodes) network.send(client, node, { call, put });
  }

  const enough = ({ heard, inTime }: Answer) =>
    inTime || onPartition === "stale" && heard.length > 0;
  const newest = ({ heard }: Answer) => heard.reduce((a, b) => b.version > a.version ? b : a);

  function client(name: string, number: number, side: Side, left: number): void {
    if (left === 0) return;
    const op = chance() < 0.4 ? "write" : "read";
    const began = { client: name, op, side, split, start: sim.now } as const;
    const value = op === "write" ? ++writes : null;
    const end = (ok: boolean | "unknown", seen: Stored = { version: 0, value }) => {
      history.push({ ...began, ...seen, end: sim.now, ok });
      sim.schedule(exponential(PAUSE).sample(chance), () => client(name, number, side, left - 1));
    };
    ask(name, undefined, readQuorum, (answer) => {
      if (!enough(answer)) return end(false);
      const seen = newest(answer);
      if (op === "write") {
        const put = { version: (Math.floor(seen.version / 10) + 1) * 10 + number, value };
        ask(name, put, writeQuorum, (stored) => end(enough(stored) || "unknown", put));
      } else if (toggles.writeBack) {
        ask(name, seen, writeQuorum, (stored) => end(enough(stored), seen));
      } else end(true, seen);
    });
  }

  for (const name of nodes) attach(name);
  for (const [n, side] of (["majority", "majority", "minority", "minority"] as const).entries()) {
    const name = `c${n}`;
    network.attach(name, ({ call, holds }) => waiting.get(call)?.(holds!));
    sim.schedule(exponential(PAUSE).sample(chance), () => client(name, n, side, each));
  }
  sim.schedule(SPLIT_FROM * 2 * chance(), () => {
    split = true;
    network.partition([[...majority, "c0", "c1"]]);
    sim.schedule(SPLIT_FOR, () => {
      split = false;
      network.heal();
    });
  });
  if (integer(chance, 4) === 0) {
    const victim = pick(chance, nodes);
    sim.schedule(chance() * SPLIT_FOR, () => {
      crashed = victim;
      sim.schedule(chance() * SPLIT_FOR, () => crashed = "");
    });
  }
  sim.run({ until: 60 });
  return history.sort((a, b) => a.start - b.start);
}

/** Reads that returned a version older than one whose write had ended before they began. */
export function staleReads(history: readonly CapOperation[]): CapOperation[] {
  const written = history.filter(({ op, ok }) => op === "write" && ok === true);
  return history.filter(({ op, ok, start, version }) =>
    op === "read" && ok === true &&
    written.some((write) => write.end < start && write.version > version)
  );
}

function checkToggles({ replicas, readQuorum, writeQuorum, each = 3 }: CapToggles): void {
  for (
    const [name, value, most] of [
      ["replicas", replicas, 9],
      ["readQuorum", readQuorum, replicas],
      ["writeQuorum", writeQuorum, replicas],
      ["each", each, 100],
    ] as const
  ) {
    if (Number.isInteger(value) && value >= 1 && value <= most) continue;
    throw new RangeError(
      `Cannot build register: ${name} must be a whole number from 1 to ${most}: received ${value}`,
    );
  }
}
