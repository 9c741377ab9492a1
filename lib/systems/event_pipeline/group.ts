/**
 * The coordinator of a consumer group, as a pure state machine: join, sync, heartbeat, commit, leave.
 *
 * A member that comes or goes makes the group **rebalance**: all members join again, and when all have, or those that have
 * not are late, a new **generation** begins, with a new assignment. Every request names its generation; one of an older
 * generation is refused, and so is the commit of a **zombie**, a member that was held for dead and goes on working. That
 * fences its offsets; what it does to the outside needs a fence there.
 *
 * Simplified: the coordinator assigns, in Kafka the first member does; time is an argument of each call.
 *
 * @example
 * ```ts
 * import { Group } from "./group.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const group = new Group({ partitions: 2, sessionMs: 100, rebalanceMs: 50 });
 * group.join("ann", 0);
 * group.tick(0);
 * assertEquals(group.sync("ann", 1), [0, 1]);
 * assertEquals(group.commit("ann", 1, 0, 42), "ok");
 * assertEquals(group.commit("zoe", 1, 0, 1), "unknown member");
 * ```
 *
 * Source: Kafka, consumer group protocol ("JoinGroup", "SyncGroup", "Heartbeat", "OffsetCommit").
 *
 * @module
 */
import { type Assignment, type Assignor, range } from "./assignors.ts";

export interface GroupOptions {
  partitions: number;
  assignor?: Assignor;
  /** Without a heartbeat for so long a member is held for dead. */
  sessionMs: number;
  /** How long a rebalance waits for members to join again. */
  rebalanceMs: number;
}

export type Answer = "ok" | "rebalance" | "illegal generation" | "unknown member";

export class Group {
  generation = 0;
  state: "empty" | "joining" | "stable" = "empty";
  /** Of the generation. */
  assignment: Assignment = new Map();
  readonly offsets = new Map<number, number>();
  #options: Required<GroupOptions>;
  #lastSeenMs = new Map<string, number>();
  #joined = new Set<string>();
  #deadlineMs = 0;

  constructor(options: GroupOptions) {
    this.#options = { assignor: range, ...options };
  }

  get members(): string[] {
    return [...this.#lastSeenMs.keys()];
  }

  /** A member asks to be in the next generation. */
  join(member: string, nowMs: number): void {
    this.#lastSeenMs.set(member, nowMs);
    if (this.state !== "joining") this.#rebalance(nowMs);
    this.#joined.add(member);
  }

  /** A member goes by itself. */
  leave(member: string, nowMs: number): void {
    this.#lastSeenMs.delete(member);
    this.#joined.delete(member);
    if (this.#lastSeenMs.size === 0) {
      this.state = "empty";
      this.assignment = new Map();
    } else if (this.state === "stable") this.#rebalance(nowMs);
  }

  /** The partitions of a member; `undefined` when it must join again. */
  sync(member: string, generation: number): readonly number[] | undefined {
    if (this.state !== "stable" || generation !== this.generation) return undefined;
    return this.assignment.get(member);
  }

  heartbeat(member: string, generation: number, nowMs: number): Answer {
    const answer = this.#check(member, generation);
    if (answer !== "ok") return answer;
    this.#lastSeenMs.set(member, nowMs);
    return this.state === "stable" ? "ok" : "rebalance";
  }

  /** Notes where a partition goes on; only its owner may, and only in its generation. */
  commit(member: string, generation: number, partition: number, offset: number): Answer {
    const answer = this.#check(member, generation);
    if (answer !== "ok") return answer;
    if (!this.assignment.get(member)?.includes(partition)) return "illegal generation";
    this.offsets.set(partition, offset);
    return "ok";
  }

  #check(member: string, generation: number): Answer {
    if (!this.#lastSeenMs.has(member)) return "unknown member";
    return generation === this.generation ? "ok" : "illegal generation";
  }

  #rebalance(nowMs: number): void {
    this.state = "joining";
    this.#joined.clear();
    this.#deadlineMs = nowMs + this.#options.rebalanceMs;
  }

  /** Lets time pass: drops the dead, and begins a generation once it can. */
  tick(nowMs: number): void {
    for (const [member, seenMs] of this.#lastSeenMs) {
      if (nowMs - seenMs > this.#options.sessionMs) this.leave(member, nowMs);
    }
    if (this.state !== "joining") return;
    const waiting = this.members.filter((member) => !this.#joined.has(member));
    if (waiting.length > 0 && nowMs < this.#deadlineMs) return;
    for (const member of waiting) this.#lastSeenMs.delete(member);
    if (this.#joined.size === 0) {
      this.state = "empty";
      return;
    }
    const { assignor, partitions } = this.#options;
    this.assignment = assignor([...this.#joined], partitions, this.assignment);
    this.generation++;
    this.state = "stable";
  }
}
