/**
 * Candidates, features, rank: an answer in time, whatever is away, with its reasons.
 *
 * Every stage has a deadline. One that misses it, or throws, is left out, and the answer names it in `degraded`: without
 * the online features it is as old as the last batch, without a generator it has fewer candidates. Nobody gets an error.
 * A viewer that is not known gets what is popular, for the reason `coldStart`. Hidden and deleted entities never come
 * back: what a viewer hid is remembered here as well, so that it holds while Redis is away.
 *
 * Simplified: `seeds` and context do not change the answer, and viewers prove nothing.
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
import type { Contribution, LogisticModel } from "./logistic.ts";

export interface Query {
  viewer: number;
  limit: number;
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
  /** Puts the scored candidates into the order shown, for example by fairness. */
  arrange?(items: Item[], limit: number): Item[];
  audit?(viewer: number, answer: Answer): Promise<void>;
  candidates?: number;
  deadlinesMs?: { candidates: number; features: number };
}

/** Answers that can still be explained. */
const REMEMBERED = 10_000;

export class AffinityService {
  /** By stage. */
  readonly degraded = new Map<string, number>();
  unaudited = 0;
  #options: ServiceOptions;
  #model!: Model;
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
    const { featureNames } = this.#options;
    if (`${model.model.names}` !== `${featureNames}`) {
      throw new RangeError(
        `Cannot publish model ${model.version}: its features must be ${featureNames}: received ${model.model.names}`,
      );
    }
    this.#model = model;
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

  async query({ viewer, limit }: Query): Promise<Answer> {
    if (!Number.isInteger(limit) || limit < 1 || limit > 200) {
      throw new RangeError(`Cannot answer: limit must be 1 to 200: received ${limit}`);
    }
    const { features, arrange = (items, limit) => items.slice(0, limit) } = this.#options;
    const degraded: string[] = [], model = this.#model;
    const isKnown = this.#options.knows(viewer) && !this.#deleted.has(viewer);
    const online = isKnown ? await this.#online(viewer, degraded) : undefined;
    const isBarred = (id: number) =>
      id === viewer || this.#deleted.has(id) || online?.hidden.has(id) ||
      this.#hidden.get(viewer)?.has(id);
    const found = isKnown ? await this.#candidates(viewer, degraded) : [];
    const ids = found.filter((id) => !isBarred(id));
    const rows = features(viewer, ids, online?.counters ?? new Map());
    const scored = ids.map((id, n) => ({ id, score: model.model.score(rows[n]), row: rows[n] }))
      .sort((a, b) => b.score - a.score || a.id - b.id);
    const byId = new Map(scored.map(({ id, row }) => [id, row]));
    const items = arrange(scored.map(({ id, score }) => ({ id, score, reasons: [] })), limit)
      .map(({ id, score }) => ({ id, score, reasons: model.model.explain(byId.get(id)!) }));
    for (const id of this.#options.popular) {
      if (items.length >= limit) break;
      if (isBarred(id) || byId.has(id)) continue;
      const feature = isKnown ? "popular" : "coldStart";
      items.push({ id, score: 0, reasons: [{ feature, contribution: 0 }] });
    }
    return this.#remember(viewer, {
      ...{ requestId: crypto.randomUUID(), items, modelVersion: model.version, degraded },
    });
  }

  /** An answer that was given, for whoever asks why. */
  explain(requestId: string): Answer | undefined {
    return this.#answers.get(requestId);
  }

  /** `POST /affinity/query`, `GET /affinity/explain/ID`. */
  async handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url), [, , verb, id] = pathname.split("/");
    try {
      if (request.method === "POST" && verb === "query") {
        return Response.json(await this.query(await request.json()));
      }
      const answer = request.method === "GET" && verb === "explain" ? this.explain(id) : undefined;
      return answer ? Response.json(answer) : new Response("not found", { status: 404 });
    } catch (error) {
      return new Response((error as Error).message, { status: 400 });
    }
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

  /** The generators' lists in turns, so that each gives its best before any gives its last. */
  async #candidates(viewer: number, degraded: string[]): Promise<number[]> {
    const { generators, deadlinesMs, candidates = 500 } = this.#options;
    const lists = await Promise.all(
      Object.entries(generators).map(([stage, generate]) =>
        this.#within(stage, deadlinesMs?.candidates ?? 20, () => generate(viewer), degraded)
      ),
    );
    return interleave(lists.filter((list) => list !== undefined), candidates);
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
