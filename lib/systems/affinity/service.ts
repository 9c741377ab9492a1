/**
 * Candidates, features, rank: an answer in time, whatever is away, with its reasons.
 *
 * Every stage has a deadline. One that misses it, or throws, is left out, and the answer names it in `degraded`: without
 * the online features it is as old as the last batch, without a generator it has fewer candidates. Nobody gets an error.
 * A viewer that is not known gets what is popular, for the reason `coldStart`. Hidden and deleted entities never come
 * back: what a viewer hid is remembered here as well, so that it holds while Redis is away. While a test runs, a hash of
 * the viewer says which of two models ranks, and the answer says which arm it was.
 *
 * Simplified: viewers prove nothing. A deadline is a timer, so that it stops waiting for work that waits, and not work
 * that computes; one test runs at a time.
 *
 * @example
 * ```ts
 * import { AffinityService } from "lib/systems/affinity/service.ts";
 * import { LogisticModel } from "lib/systems/affinity/logistic.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const service = new AffinityService({
 *   generators: { friends: () => [3, 4] },
 *   featureNames: ["near"],
 *   features: (_viewer, ids) => ids.map((id) => [id]),
 *   popular: [1, 2],
 *   knows: (viewer) => viewer === 7,
 *   model: { version: "v1", model: new LogisticModel(["near"], 0, [1], [0], [1]) },
 * });
 * assertEquals((await service.query({ viewer: 7, limit: 2 })).items.map(({ id }) => id), [4, 3]);
 * assertEquals((await service.query({ viewer: 8, limit: 1 })).items[0].reasons[0].feature, "coldStart");
 * ```
 *
 * @module
 */
import { assign } from "./experiment.ts";
import type { ArmName } from "./guardrails.ts";
import type { Contribution, LogisticModel } from "./logistic.ts";

export interface Query {
  viewer: number;
  limit: number;
  /** Look for people near these as well, at most ten. */
  seeds?: readonly number[];
}

export interface Item {
  id: number;
  score: number;
  reasons: Contribution[];
}

export interface Answer {
  requestId: string;
  items: Item[];
  modelVersion: string;
  /** Stages that were left out. */
  degraded: string[];
  /** While a test runs. */
  arm?: ArmName;
}

export interface Model {
  version: string;
  model: LogisticModel;
}

export interface ServiceOptions {
  generators: Record<string, (viewer: number) => readonly number[] | Promise<readonly number[]>>;
  featureNames: readonly string[];
  /** A row for each id, in the order of the names. `online`: the viewer's counters, empty when they are away. */
  features(viewer: number, ids: readonly number[], online: ReadonlyMap<number, number>): number[][];
  popular: readonly number[];
  knows(viewer: number): boolean;
  model: Model;
  online?(
    viewer: number,
  ): Promise<{ counters: ReadonlyMap<number, number>; hidden: ReadonlySet<number> }>;
  /** Puts the scored candidates into the order shown, for example by fairness; what it remembers is of one arm. */
  arrange?(items: Item[], limit: number, arm?: ArmName): Item[];
  audit?(viewer: number, answer: Answer): Promise<void>;
  candidates?: number;
  /** By stage: the name of a generator, `features`, or `candidates` for every generator that has no own. */
  deadlinesMs?: Readonly<Record<string, number>>;
}

/** Answers that can still be explained. */
const REMEMBERED = 10_000;
const ARMS: readonly ArmName[] = ["control", "treatment"];

export class AffinityService {
  /** By stage. */
  readonly degraded = new Map<string, number>();
  unaudited = 0;
  #options: ServiceOptions;
  #model!: Model;
  #test?: { salt: string; model: Model };
  #hidden = new Map<number, Set<number>>();
  #deleted = new Set<number>();
  #answers = new Map<string, Answer>();

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.publish(options.model);
  }

  get modelVersion(): string {
    return this.#model.version;
  }

  /** Swaps the model; one that was trained on other features is refused. */
  publish(model: Model): void {
    this.#model = this.#checked(model);
  }

  /** Lets half of the viewers be ranked by another model; the other half is the control. */
  startTest(salt: string, model: Model): void {
    this.#test = { salt, model: this.#checked(model) };
  }

  /** Ends the test, and lets everybody have the model of one arm. */
  stopTest(keep: ArmName): void {
    if (keep === "treatment" && this.#test) this.#model = this.#test.model;
    this.#test = undefined;
  }

  /** The viewer's arm, while a test runs. */
  armOf(viewer: number): ArmName | undefined {
    return this.#test && assign(`${viewer}`, this.#test.salt, ARMS);
  }

  /** From now on the viewer is not shown this entity. */
  hide(viewer: number, entity: number): void {
    if (!this.#hidden.has(viewer)) this.#hidden.set(viewer, new Set());
    this.#hidden.get(viewer)!.add(entity);
  }

  /** From now on nobody is shown this person, who is not known any more. */
  forget(person: number): void {
    this.#deleted.add(person);
    this.#hidden.delete(person);
  }

  async query({ viewer, limit, seeds = [] }: Query): Promise<Answer> {
    if (!Number.isInteger(limit) || limit < 1 || limit > 200) {
      throw new RangeError(`Cannot answer: limit must be 1 to 200: received ${limit}`);
    }
    if (!Array.isArray(seeds) || seeds.length > 10 || !seeds.every(Number.isInteger)) {
      throw new RangeError(`Cannot answer: seeds must be at most 10 ids: received ${seeds}`);
    }
    const { features, arrange = (items, limit) => items.slice(0, limit) } = this.#options;
    const degraded: string[] = [], arm = this.armOf(viewer);
    const model = arm === "treatment" ? this.#test!.model : this.#model;
    const isKnown = this.#options.knows(viewer) && !this.#deleted.has(viewer);
    const online = isKnown ? await this.#online(viewer, degraded) : undefined;
    const isBarred = (id: number) =>
      id === viewer || this.#deleted.has(id) || online?.hidden.has(id) ||
      this.#hidden.get(viewer)?.has(id);
    const from = [...new Set(isKnown ? [viewer, ...seeds] : seeds)].filter((id) =>
      this.#options.knows(id) && !this.#deleted.has(id)
    );
    const found = await this.#candidates(from, degraded);
    const ids = found.filter((id) => !isBarred(id));
    const rows = features(viewer, ids, online?.counters ?? new Map());
    const scored = ids.map((id, n) => ({ id, score: model.model.score(rows[n]), row: rows[n] }))
      .sort((a, b) => b.score - a.score || a.id - b.id);
    const byId = new Map(scored.map(({ id, row }) => [id, row]));
    const items = arrange(scored.map(({ id, score }) => ({ id, score, reasons: [] })), limit, arm)
      .map(({ id, score }) => ({ id, score, reasons: model.model.explain(byId.get(id)!) }));
    for (const id of this.#options.popular) {
      if (items.length >= limit) break;
      if (isBarred(id) || byId.has(id)) continue;
      const feature = isKnown ? "popular" : "coldStart";
      items.push({ id, score: 0, reasons: [{ feature, contribution: 0 }] });
    }
    return this.#remember(viewer, {
      ...{ requestId: crypto.randomUUID(), items, modelVersion: model.version, degraded },
      ...(arm && { arm }),
    });
  }

  /** An answer that was given, for whoever asks why. */
  explain(requestId: string): Answer | undefined {
    return this.#answers.get(requestId);
  }

  #checked(model: Model): Model {
    const { featureNames } = this.#options;
    if (`${model.model.names}` === `${featureNames}`) return model;
    throw new RangeError(
      `Cannot publish model ${model.version}: its features must be ${featureNames}: received ${model.model.names}`,
    );
  }

  async #online(viewer: number, degraded: string[]) {
    const { online, deadlinesMs } = this.#options;
    if (online === undefined) return undefined;
    return await this.#within(
      "features",
      deadlinesMs?.features ?? 15,
      () => online(viewer),
      degraded,
    );
  }

  /** The lists of all generators in turns, so that each gives its best before any gives its last. */
  async #candidates(from: readonly number[], degraded: string[]): Promise<number[]> {
    const { generators, deadlinesMs, candidates = 500 } = this.#options;
    const lists = await Promise.all(
      Object.entries(generators).map(([stage, generate]) => {
        const deadlineMs = deadlinesMs?.[stage] ?? deadlinesMs?.candidates ?? 20;
        const all = () => Promise.all(from.map(generate));
        return from.length === 0 ? [] : this.#within(stage, deadlineMs, all, degraded);
      }),
    );
    return interleave(lists.flatMap((list) => list ?? []), candidates);
  }

  async #within<T>(
    stage: string,
    deadlineMs: number,
    work: () => T | Promise<T>,
    degraded: string[],
  ): Promise<T | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((done) =>
      timer = setTimeout(() => done(undefined), deadlineMs)
    );
    const attempt = async () => await work();
    const result = await Promise.race([attempt().catch(() => undefined), late]);
    clearTimeout(timer);
    if (result === undefined) {
      degraded.push(stage);
      this.degraded.set(stage, (this.degraded.get(stage) ?? 0) + 1);
    }
    return result;
  }

  #remember(viewer: number, answer: Answer): Answer {
    this.#answers.set(answer.requestId, answer);
    if (this.#answers.size > REMEMBERED) this.#answers.delete(this.#answers.keys().next().value!);
    this.#options.audit?.(viewer, answer).catch(() => this.unaudited++);
    return answer;
  }
}

/** The lists in turns, each id once, up to `most`. */
export function interleave(lists: readonly (readonly number[])[], most: number): number[] {
  const chosen = new Set<number>();
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  for (let at = 0; at < longest && chosen.size < most; at++) {
    for (const list of lists) if (at < list.length && chosen.size < most) chosen.add(list[at]);
  }
  return [...chosen];
}
