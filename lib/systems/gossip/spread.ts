/**
 * How many rounds a rumour takes to reach everybody, with loss and with a partition that heals.
 *
 * All members tick at once, a round; what is sent in a round arrives in the same round, save for the share that
 * is lost and what would cross the partition. Digests answer within the round.
 *
 * @example
 * ```ts
 * import { spread } from "lib/systems/gossip/spread.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assert } from "@std/assert";
 *
 * const { rounds } = spread({ members: 100, fanout: 3 }, stream(1, "rumour"));
 * assert(rounds >= 4 && rounds <= 9);
 * ```
 *
 * @module
 */
import type { Random } from "../../sim/random.ts";
import { type Envelope, GossipMember } from "./member.ts";

export interface SpreadOptions {
  members: number;
  fanout: number;
  /** Share of messages lost, from 0 to below 1. */
  loss?: number;
  /** Rounds for which the two halves of the group cannot talk, from the start. */
  partitionRounds?: number;
  digestEvery?: number;
  /** Gives up after so many rounds. */
  maxRounds?: number;
}

export interface Spread {
  /** Rounds until everybody knew; `Infinity` when somebody never did. */
  rounds: number;
  /** Share that knew after each round; the first entry is the start. */
  informed: number[];
  messages: number;
}

/** Spreads one rumour from the first member. */
export function spread(options: SpreadOptions, random: Random): Spread {
  const { members, fanout, loss = 0, partitionRounds = 0, digestEvery, maxRounds = 200 } = options;
  if (!(loss >= 0 && loss < 1)) {
    throw new RangeError(`Cannot spread rumour: loss must be from 0 to below 1: received ${loss}`);
  }
  const peers = Array.from({ length: members }, (_, n) => `${n}`);
  let knowing = 0;
  const onNews = () => void knowing++;
  const group = new Map(peers.map((name) => [
    name,
    new GossipMember(name, { peers, random, fanout, digestEvery, onNews }),
  ]));
  const half = (name: string) => Number(name) < members / 2;
  const spread: Spread = { rounds: Infinity, informed: [], messages: 0 };
  group.get("0")!.publish("key", 1);
  spread.informed.push(knowing / members);

  for (let round = 1; round <= maxRounds && knowing < members; round++) {
    const cut = round <= partitionRounds;
    let letters = [...group.values()].flatMap((member) => member.tick());
    while (letters.length > 0) {
      spread.messages += letters.length;
      letters = letters.flatMap((letter) => deliver(letter, cut));
    }
    spread.informed.push(knowing / members);
    if (knowing === members) spread.rounds = round;
  }
  return knowing === members && members === 1 ? { ...spread, rounds: 0 } : spread;

  function deliver({ to, message }: Envelope, cut: boolean): Envelope[] {
    if (loss > 0 && random() < loss) return [];
    if (cut && half(to) !== half(message.from)) return [];
    return group.get(to)!.step(message);
  }
}
