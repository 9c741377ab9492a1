/**
 * The mirror script: copies a topic to the brokers of another region.
 *
 * `deno run -A lib/systems/event_pipeline/mirror_process.ts --from HOST:PORT --to HOST:PORT --topic TOPIC [--target TOPIC]
 * [--group NAME] [--once] [--dry-run]`. It begins where its group came to, and goes on until it is interrupted. `--once` ends when all
 * that was there at its start is copied, `--dry-run` says how much that is. Progress goes to standard error, the report as a line of
 * JSON to standard output: how many records, and how far each partition came, here and there; 0 where nothing was copied. The exit
 * status is 1 when it fails.
 *
 * @module
 */
import type { Kafka } from "kafkajs";
import { parseArgs } from "node:util";
import { KafkaConnections, newClient, parseAddresses } from "../../services/kafka_client.ts";
import { mirror } from "./mirror.ts";
import { runScript } from "./run_script.ts";
import { boundsOf } from "./topic_reader.ts";

const OPTIONS = {
  "from": { type: "string" },
  "to": { type: "string" },
  "topic": { type: "string" },
  "target": { type: "string" },
  "group": { type: "string" },
  "once": { type: "boolean" },
  "dry-run": { type: "boolean" },
} as const;

/** What was copied, or would be. */
export interface MirrorReport {
  total: number;
  copied: number;
  /** Next offsets, here and there. */
  places: { partition: number; source: number; target: number }[];
}

/** Runs the script in a process of its own; resolves to its report, and what it said on the way. */
export function runMirror(args: readonly string[]): Promise<MirrorReport & { said: string }> {
  return runScript(import.meta.url, "mirror", args);
}

/** What is there that the group has not copied yet. */
async function restOf(client: Kafka, topic: string, groupId: string) {
  const admin = client.admin();
  await admin.connect();
  try {
    const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const places = new Map(partitions.map((each) => [each.partition, Number(each.offset)]));
    return (await boundsOf(admin, topic)).map(({ partition, low, high }) => ({
      partition,
      from: Math.max(low, places.get(partition) ?? -1),
      to: high,
    }));
  } finally {
    await admin.disconnect();
  }
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const { from, to, topic, target = topic, group = `mirror.${topic}`, once } = values;
  if (from === undefined || to === undefined || topic === undefined) {
    throw new TypeError("Cannot mirror: --from, --to and --topic must be given");
  }
  const connections = new KafkaConnections();
  const open = (brokers: string) =>
    newClient(parseAddresses(brokers), connections, { clientId: "mirror" });
  const source = open(from), producer = open(to).producer({ allowAutoTopicCreation: false });
  try {
    const rest = await restOf(source, topic, group);
    const total = rest.reduce((sum, { from, to }) => sum + to - from, 0);
    const report: MirrorReport = { total, copied: 0, places: [] };
    if (values["dry-run"]) return print(report);
    await producer.connect();
    const options = { topic, targetTopic: target, group, nowMs: Date.now };
    const copying = await mirror(source, producer, options);
    const isDone = () =>
      rest.every(({ partition, from, to }) =>
        from === to || copying.offsets.copiedTo(partition) >= to
      );
    let isInterrupted = false, saidMs = performance.now();
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => isInterrupted = true);
    }
    while (!isInterrupted && !(once && isDone())) {
      await new Promise((done) => setTimeout(done, 50));
      if (performance.now() - saidMs < 1000) continue;
      saidMs = performance.now();
      say(`${copying.copied} copied, ${copying.lagMs} ms behind\n`);
    }
    await copying.stop();
    say(`${copying.copied} copied\n`);
    report.copied = copying.copied;
    report.places = rest.map(({ partition }) => {
      const place = copying.offsets.copiedTo(partition);
      return { partition, source: place, target: copying.offsets.translate(partition, place) };
    });
    print(report);
  } finally {
    await producer.disconnect();
    connections.close();
  }
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

function print(report: MirrorReport): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report)));
}

if (import.meta.main) {
  try {
    await main(Deno.args);
    Deno.exit(0);
  } catch (error) {
    say(`${(error as Error).message}\n`);
    Deno.exit(1);
  }
}
