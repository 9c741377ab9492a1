/**
 * A random schedule of edits, requests, cuts and pulls on several devices, judged after all is quiet.
 *
 * Every edit of the text adds a line of its own; every edit of the binary file replaces it. A cut loses a request before
 * the server has seen it, or the answer after; the device sends again later.
 *
 * @module
 */
import { integer, pick, type Random, stream } from "lib/sim/random.ts";
import { type Acknowledged, checkSync, type SyncVerdict } from "../check_sync.ts";
import { Device, type Edit, type Policy, Server } from "../replica.ts";

export interface ScheduleOptions {
  policy: Policy;
  devices: number;
  /** Things that happen before all goes quiet. */
  steps: number;
  /** Share of requests that are cut, 0 to 1. */
  cutRate: number;
  /** How far a device's clock may be off, to either side. */
  skewMs: number;
}

export interface ScheduleRun extends SyncVerdict {
  /** Edits that the server acknowledged. */
  acknowledged: number;
  /** Whether any edit was made without knowing of another one. */
  hadConcurrency: boolean;
  conflicts: number;
  /** What happened, in order. */
  trace: string[];
}

const TEXT = "plan.txt", BINARY = "logo.bin";

/** The file with a line more, or with other bytes. */
function changed(random: Random, path: string, content: string | null, token: string): string {
  if (path === BINARY) return `\0${token}`;
  const lines = (content ?? "").match(/[^\n]*\n/g) ?? [];
  lines.splice(integer(random, lines.length + 1), 0, `${token}\n`);
  return lines.join("");
}

/** One run; the same seed gives the same run. */
export function runSchedule(options: ScheduleOptions, seed: number): ScheduleRun {
  const { policy, steps, cutRate, skewMs } = options;
  const random = stream(seed, "schedule"), cuts = stream(seed, "cuts");
  const server = new Server(policy);
  const devices = Array.from({ length: options.devices }, (_, i) => new Device(`d${i}`, policy));
  const skews = devices.map(() => Math.round((2 * random() - 1) * skewMs));
  const history: Acknowledged[] = [], trace: string[] = [];

  const edit = (device: Device, nowMs: number) => {
    const path = random() < 0.7 ? TEXT : BINARY;
    const token = `${device.name}-${trace.length}`;
    const content = changed(random, path, device.files.get(path) ?? null, token);
    const made: Edit = device.edit(path, content, nowMs + skews[devices.indexOf(device)]);
    const vector = made.base.increment(device.name);
    history.push({ path, token, base: made.base, vector, replaces: path === BINARY });
    trace.push(`${device.name} edits ${path}: ${token}`);
  };
  const send = (device: Device) => {
    const [next] = device.pending;
    if (next === undefined) return;
    const isLost = cuts() < cutRate, isAnswerLost = cuts() < cutRate;
    if (isLost) return void trace.push(`${device.name} sends ${next.id}: cut`);
    const { status } = isAnswerLost ? server.apply(next) : device.send(server);
    trace.push(`${device.name} sends ${next.id}: ${status}${isAnswerLost ? ", cut" : ""}`);
  };
  const pull = (device: Device) => {
    if (cuts() < cutRate) return;
    for (const [path, version] of server.files) device.pull(path, version);
    trace.push(`${device.name} pulls`);
  };
  for (let step = 0; step < steps; step++) {
    const device = pick(random, devices), dice = random();
    if (dice < 0.4) edit(device, step * 1000);
    else if (dice < 0.75) send(device);
    else pull(device);
  }
  // Twice: what one sends last, the others have not pulled.
  for (let round = 0; round < 2; round++) for (const device of devices) device.exchange(server);
  const hadConcurrency = history.some((a) =>
    history.some((b) => a.path === b.path && a.vector.compare(b.vector) === "concurrent")
  );
  return {
    ...checkSync(devices.map(({ files }) => files), history),
    acknowledged: history.length,
    hadConcurrency,
    conflicts: devices.reduce((sum, { notices }) => sum + notices.length, 0),
    trace,
  };
}
