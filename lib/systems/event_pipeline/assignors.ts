/**
 * Which member of a consumer group gets which partitions: three rules, each a function of members and partitions.
 *
 * **Range** gives neighbours together, the first members one more each. **Round robin** deals them like cards. Both begin
 * anew whenever a member comes or goes, and so move partitions that need not move. **Sticky** starts from what was: each
 * keeps what it has, up to its fair share, and only the rest is dealt.
 *
 * Source: Kafka, `RangeAssignor`, `RoundRobinAssignor`, `StickyAssignor` (KIP-54).
 *
 * @module
 */

/** Partitions by member. */
export type Assignment = ReadonlyMap<string, readonly number[]>;

export type Assignor = (
  members: readonly string[],
  partitions: number,
  before?: Assignment,
) => Assignment;

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

/** Neighbouring partitions together. */
export const range: Assignor = (members, partitions) => {
  const sorted = members.toSorted(), all = numbers(partitions);
  const [each, more] = [Math.floor(partitions / sorted.length), partitions % sorted.length];
  return new Map(sorted.map((member, i) => {
    const from = i * each + Math.min(i, more);
    return [member, all.slice(from, from + each + (i < more ? 1 : 0))];
  }));
};

/** One after the other. */
export const roundRobin: Assignor = (members, partitions) => {
  const sorted = members.toSorted();
  return new Map(
    sorted.map((member, i) => [member, numbers(partitions).filter((p) => p % sorted.length === i)]),
  );
};

/** As little as possible moves: each keeps what it had, up to a fair share. */
export const sticky: Assignor = (members, partitions, before = new Map()) => {
  const [each, more] = [Math.floor(partitions / members.length), partitions % members.length];
  // Who had most keeps most: the larger shares go to those members.
  const sorted = members.toSorted((a, b) =>
    (before.get(b)?.length ?? 0) - (before.get(a)?.length ?? 0) || (a < b ? -1 : 1)
  );
  const shares = sorted.map((_, i) => each + (i < more ? 1 : 0));
  const kept = sorted.map((member, i) => [...(before.get(member) ?? [])].slice(0, shares[i]));
  const owned = new Set(kept.flat());
  const free = numbers(partitions).filter((partition) => !owned.has(partition));
  return new Map(sorted.map((member, i) => {
    const taken = free.splice(0, shares[i] - kept[i].length);
    return [member, [...kept[i], ...taken].sort((a, b) => a - b)];
  }));
};

/** Partitions whose owner has changed; those without one before do not count. */
export function moved(before: Assignment, after: Assignment): number {
  const owner = new Map([...before].flatMap(([member, all]) => all.map((p) => [p, member])));
  return [...after].flatMap(([member, all]) => all.map((p) => [p, member] as const))
    .filter(([p, member]) => owner.has(p) && owner.get(p) !== member).length;
}
