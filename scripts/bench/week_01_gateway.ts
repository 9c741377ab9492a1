/**
 * The log streamer's gateway and redaction, against what its users would pick instead.
 *
 * - 10,000 viewers: deliveries a second, the age of a batch at p99, and memory, against a bare loop over sockets and npm ws;
 * - 1,000 viewers: frames for a second of the server's processor, against npm ws and npm socket.io;
 * - redaction: MB a second, against a loop of the same expressions.
 *
 * Servers and clients are processes of their own, and the same clients ask all of them. Each server promises order and no loss
 * while the connection lasts; ours also replays, signs a cursor for each batch, and bounds what a slow viewer may cost.
 *
 * @module
 */
import { stream } from "../../lib/sim/random.ts";
import { buildLine, literalsOf, plantSecrets } from "../../lib/systems/redact/planted.ts";
import { Redactor, RedactorPlan } from "../../lib/systems/redact/redactor.ts";
import { PATTERNS } from "../../lib/systems/redact/rules.ts";
import { print } from "../terminal.ts";
import { compare, type Comparison, report, save } from "./paired.ts";
import type { ClientsOptions, ClientsReport } from "./peers/broadcast_clients.ts";
import type { BroadcastOptions, Kind } from "./peers/broadcast_server.ts";

const NAME = "week-01-gateway";
const LINES = 10; // of a batch

interface Seen {
  deliveries: number;
  p99Ms: number;
  memoryMB: number;
  framesPerCpuSecond: number;
}

function start(file: string, options: unknown) {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      new URL(`./peers/${file}`, import.meta.url).pathname,
      JSON.stringify(options),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

async function* linesOf(child: ReturnType<typeof start>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

const PATHS: Record<Kind, string> = {
  "ours": "/deployments/bench/stream?token=x",
  "sockets": "/",
  "ws": "/",
  "socket.io": "/socket.io/?EIO=4&transport=websocket",
};

/** One server with its viewers, from start to end. */
async function broadcast(kind: Kind, viewers: number): Promise<Seen> {
  const options: BroadcastOptions = { kind, viewers, batches: 10, lines: LINES, everyMs: 400 };
  const server = start("broadcast_server.ts", options), said = linesOf(server);
  const { port } = JSON.parse((await said.next()).value!);
  const clients = [0, 1].map(() => {
    const half: ClientsOptions = {
      port,
      path: PATHS[kind],
      viewers: viewers / 2,
      batches: options.batches,
      engineIo: kind === "socket.io",
    };
    return start("broadcast_clients.ts", half);
  });
  const input = server.stdin.getWriter();
  await input.write(new TextEncoder().encode("begin\n"));
  const reports: ClientsReport[] = await Promise.all(
    clients.map(async (client) => JSON.parse((await linesOf(client).next()).value!)),
  );
  const used = JSON.parse((await said.next()).value!);
  await input.close();
  server.kill("SIGKILL");
  await Promise.all([server.status, ...clients.map(({ status }) => status)]);
  const received = reports.reduce((sum, { batches }) => sum + batches, 0);
  if (received !== viewers * options.batches) {
    throw new Error(`Cannot compare: ${kind} lost batches`);
  }
  const rounds = reports[0].roundMs.map((ms, n) => Math.max(ms, reports[1].roundMs[n]));
  return {
    deliveries: viewers / (rounds.toSorted((a, b) => a - b)[rounds.length >> 1] / 1000),
    p99Ms: Math.max(...reports.map(({ p99Ms }) => p99Ms)),
    memoryMB: used.rssBytes / 1e6,
    framesPerCpuSecond: 1e6 / used.cpuUs,
  };
}

async function rounds(kinds: readonly Kind[], viewers: number, count: number) {
  const seen = new Map<Kind, Seen[]>(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < count; round++) {
    for (const kind of kinds) seen.get(kind)!.push(await broadcast(kind, viewers));
  }
  return (metric: keyof Seen, label: string, peer: Kind, named: string): Comparison =>
    report(NAME, {
      metric: label,
      peer: named,
      results: seen.get("ours")!.map((one, n) => ({
        ours: one[metric],
        theirs: seen.get(peer)![n][metric],
      })),
    });
}

async function redaction(): Promise<Comparison> {
  const random = stream(1, "bench"), planted = plantSecrets(900, random);
  const literals = literalsOf(planted), plan = new RedactorPlan({ literals });
  let text = "";
  for (let n = 0; n < 60_000; n++) {
    text += n % 70 === 0 ? planted[(n / 70) % planted.length].text : `${buildLine(n, random)}\n`;
  }
  const bytes = new TextEncoder().encode(text),
    patterns: [string, RegExp][] = Object.entries(PATTERNS);
  patterns.push(["literal", new RegExp(literals.join("|"), "g")]);
  const answers = { ours: 0, theirs: 0 };
  const rate = (startMs: number) => bytes.length / 1e3 / (performance.now() - startMs);
  const comparison = await compare(NAME, {
    metric: "redaction-MB/s",
    peer: "a loop of the same expressions",
    ours: () => {
      const redactor = new Redactor(plan), startMs = performance.now();
      for (let at = 0; at < bytes.length; at += 65536) {
        redactor.push(bytes.subarray(at, at + 65536));
      }
      redactor.end();
      answers.ours = Object.values(redactor.counts).reduce((sum, count) => sum + count, 0);
      return rate(startMs);
    },
    theirs: () => {
      const startMs = performance.now();
      let hidden = text;
      for (const [name, pattern] of patterns) {
        hidden = hidden.replace(pattern, `[redacted:${name}]`);
      }
      const took = rate(startMs);
      answers.theirs = hidden.match(/\[redacted:/g)!.length;
      return took;
    },
  });
  if (answers.ours !== answers.theirs) {
    throw new Error(`Cannot compare: ours hid ${answers.ours}, the loop ${answers.theirs}`);
  }
  return comparison;
}

/** Runs all comparisons; about two and a half minutes. */
export async function main(): Promise<void> {
  const many = await rounds(["ours", "sockets", "ws"], 10_000, 3);
  const comparisons = [
    many("deliveries", "deliveries/s-of-10000-viewers", "sockets", "bare loop over sockets"),
    many("deliveries", "deliveries/s-of-10000-viewers", "ws", "ws 8.23.0"),
    many("p99Ms", "age-p99-ms-of-10000-viewers", "ws", "ws 8.23.0"),
    many("memoryMB", "memory-MB-of-10000-viewers", "ws", "ws 8.23.0"),
  ];
  print(`${NAME} lines/s ours=${Math.round(comparisons[0].ours * LINES)} (goal: 500000)`);
  const few = await rounds(["ours", "ws", "socket.io"], 1000, 3);
  comparisons.push(
    few("framesPerCpuSecond", "frames/cpu-s-of-1000-viewers", "ws", "ws 8.23.0"),
    few("framesPerCpuSecond", "frames/cpu-s-of-1000-viewers", "socket.io", "socket.io 4.8.4"),
    await redaction(),
  );
  await save(NAME, comparisons);
}

if (import.meta.main) await main();
