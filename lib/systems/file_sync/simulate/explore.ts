/**
 * Every interleaving of a small case: two devices, one server, each step one of edit, send, send without an answer, pull.
 *
 * Breadth first, so that the first run that loses an edit is a shortest one. Two runs that end in the same situation go
 * on alike, so that only the first is followed; each situation is then let go quiet, and judged.
 *
 * @module
 */
import { type Acknowledged, checkSync } from "../check_sync.ts";
import { Device, type Policy, Server } from "../replica.ts";

/** A crash in the middle of a send loses the answer, and nothing else: the queue is durable. */
export type Step = `${"edit" | "send" | "crash" | "pull"} ${string}`;

export interface Exploration {
  /** Different situations that were judged. */
  situations: number;
  /** Steps that were tried from them. */
  steps: number;
  /** The shortest run that loses an edit or ends with devices that differ, if there is one. */
  counterexample?: { steps: Step[]; lost: string[]; diverged: string[] };
}

export interface ExploreOptions {
  policy: Policy;
  /** Steps a run, at most. */
  depth: number;
  /** Edits a device, at most. */
  edits: number;
  /** How far the first device's clock is ahead. */
  skewMs: number;
}

const NAMES = ["laptop", "phone"], PATH = "plan.txt";

class Situation {
  readonly server: Server;
  readonly devices: Device[];
  readonly history: Acknowledged[] = [];
  #skewMs: number;
  #edits: number;

  constructor({ policy, skewMs, edits }: ExploreOptions) {
    this.server = new Server(policy);
    this.devices = NAMES.map((name) => new Device(name, policy));
    this.#skewMs = skewMs;
    this.#edits = edits;
  }

  /** The steps that change something. */
  steps(): Step[] {
    return this.devices.flatMap(({ name, pending, synced }): Step[] => {
      const made = this.history.filter(({ token }) => token.startsWith(name)).length;
      const known = synced.get(PATH)?.vector, current = this.server.version(PATH).vector;
      const mayPull = pending.length === 0 &&
        JSON.stringify(known ?? {}) !== JSON.stringify(current);
      return [
        ...(made < this.#edits ? [`edit ${name}` as const] : []),
        ...(pending.length > 0 ? [`send ${name}` as const, `crash ${name}` as const] : []),
        ...(mayPull ? [`pull ${name}` as const] : []),
      ];
    });
  }

  do(step: Step, nowMs: number): void {
    const [action, name] = step.split(" ");
    const device = this.devices.find((each) => each.name === name)!;
    if (action === "edit") this.#edit(device, nowMs);
    else if (action === "pull") device.pull(PATH, this.server.version(PATH));
    else if (action === "send") device.send(this.server);
    else this.server.apply(device.pending[0]);
  }

  #edit(device: Device, nowMs: number): void {
    const token = `${device.name} ${this.history.length}`;
    const content = `${device.files.get(PATH) ?? ""}${token}\n`;
    const skewMs = device === this.devices[0] ? this.#skewMs : 0;
    const { base } = device.edit(PATH, content, nowMs + skewMs);
    const vector = base.increment(device.name);
    this.history.push({ path: PATH, token, base, vector, replaces: false });
  }

  /** The same for situations that go on alike. */
  key(): string {
    return JSON.stringify([
      [...this.server.files],
      [...this.server.answered].map(([name, { id }]) => [name, id]).sort(),
      this.devices.map(({ files, synced, pending }) => [[...files], [...synced], pending]),
      this.history.length,
    ]);
  }

  /** Lets all go quiet, and judges. */
  verdict() {
    for (let round = 0; round < 2; round++) {
      for (const device of this.devices) device.exchange(this.server);
    }
    return checkSync(this.devices.map(({ files }) => files), this.history);
  }
}

/** All situations within `depth` steps. */
export function explore(options: ExploreOptions): Exploration {
  const replay = (steps: readonly Step[]) => {
    const situation = new Situation(options);
    steps.forEach((step, i) => situation.do(step, 1000 * i));
    return situation;
  };
  const seen = new Set<string>();
  let frontier: Step[][] = [[]], tried = 0;
  for (let depth = 0; depth <= options.depth; depth++) {
    const next: Step[][] = [];
    for (const steps of frontier) {
      const situation = replay(steps);
      const key = situation.key();
      if (seen.has(key)) continue;
      seen.add(key);
      const following = situation.steps();
      const { lost, diverged } = situation.verdict();
      if (lost.length + diverged.length > 0) {
        return { situations: seen.size, steps: tried, counterexample: { steps, lost, diverged } };
      }
      tried += following.length;
      for (const step of following) next.push([...steps, step]);
    }
    frontier = next;
  }
  return { situations: seen.size, steps: tried };
}
