/**
 * The replay script: rehydrates the balances of `payments.ts` from a topic.
 *
 * `deno run -A lib/systems/event_pipeline/replay_process.ts --brokers HOST:PORT --topic TOPIC --database URL
 * [--from-offset N] [--from-time MS] [--to-time MS] [--rate N] [--dry-run]`. Progress goes to standard error, the report
 * as a line of JSON to standard output; the exit status is 1 when it fails.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { KafkaConnections, newClient, parseAddresses } from "../../services/kafka_client.ts";
import { openClient } from "../../services/postgres_client.ts";
import { createBalances, project } from "./payments.ts";
import { replay, type ReplayReport } from "./replay.ts";
import { runScript } from "./run_script.ts";

const OPTIONS = {
  "brokers": { type: "string" },
  "topic": { type: "string" },
  "database": { type: "string" },
  "from-offset": { type: "string" },
  "from-time": { type: "string" },
  "to-time": { type: "string" },
  "rate": { type: "string" },
  "dry-run": { type: "boolean" },
} as const;

/** Runs the script in a process of its own; resolves to its report, and what it said on the way. */
export function runReplay(args: readonly string[]): Promise<ReplayReport & { said: string }> {
  return runScript(import.meta.url, "replay", args);
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new RangeError(`Cannot replay: --${name} must be a number: received ${text}`);
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const { brokers, topic, database } = values;
  if (brokers === undefined || topic === undefined || database === undefined) {
    throw new TypeError("Cannot replay: --brokers, --topic and --database must be given");
  }
  const connections = new KafkaConnections();
  const client = newClient(parseAddresses(brokers), connections, { clientId: "replay" });
  const sql = openClient(database);
  const write = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  try {
    await createBalances(sql);
    const report = await replay(client, {
      topic,
      fromOffset: numberOf("from-offset", values["from-offset"]),
      fromTimeMs: numberOf("from-time", values["from-time"]),
      toTimeMs: numberOf("to-time", values["to-time"]),
      ratePerSecond: numberOf("rate", values.rate),
      dryRun: values["dry-run"],
      apply: (records, how) => project(sql, records, how),
      onProgress: (done, total) => write(`${done} of ${total}\n`),
      group: `replay.${crypto.randomUUID()}`,
      nowMs: () => performance.now(),
    });
    Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report)));
  } finally {
    await sql.end();
    connections.close();
  }
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    Deno.stderr.writeSync(new TextEncoder().encode(`${(error as Error).message}\n`));
    Deno.exit(1);
  }
}
