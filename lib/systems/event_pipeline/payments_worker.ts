/**
 * A worker in a process of its own, with a consumer of each semantics, to be killed in the middle of its work.
 *
 * All four read the same payments. Three write their effects into tables of PostgreSQL that take everything, so that what
 * comes twice shows; the transactional one sends them on to a topic. A worker can be told to kill itself between the
 * effect of a piece and its place, where a crash hurts its semantics most.
 *
 * @module
 */
import { KafkaConnections, newClient, parseAddresses } from "../../services/kafka_client.ts";
import { openClient, type Sql, type Statements } from "../../services/postgres_client.ts";
import { consume, createPlaces, type Handling, type Semantics } from "./consume.ts";
import { paymentOf } from "./payments.ts";
import { type EventRecord, textOf } from "./record.ts";

export const SEMANTICS: readonly Semantics[] = [
  "at-most-once",
  "at-least-once",
  "effectively-once",
  "transactional",
];

export interface WorkerOptions {
  brokers: string;
  topic: string;
  /** Where the transactional consumer sends. */
  ledger: string;
  /** Before the names of groups and transactions. */
  prefix: string;
  worker: number;
  databaseUrl: string;
  piece: number;
  sessionMs: number;
  /** Kills itself in its n-th piece of one semantics. */
  die?: { semantics: Semantics; piece: number };
}

export const groupOf = (prefix: string, semantics: Semantics) => `${prefix}${semantics}`;

/** Makes the tables of effects and places. */
export async function createEffects(sql: Sql): Promise<void> {
  await createPlaces(sql);
  await sql`create table if not exists effect (semantics text, payment text, cents int)`;
}

/** Starts a worker; it works until it is killed. */
export function startWorker(options: WorkerOptions): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", import.meta.url, JSON.stringify(options)],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
}

async function insertEffects(
  sql: Pick<Statements, "query">,
  semantics: Semantics,
  records: readonly EventRecord[],
): Promise<void> {
  const rows = records.map(paymentOf);
  await sql.query(
    "insert into effect select $1, id, cents from unnest($2::text[], $3::int[]) as t (id, cents)",
    [semantics, rows.map(({ id }) => id), rows.map(({ cents }) => cents)],
  );
}

async function work(options: WorkerOptions): Promise<void> {
  const { topic, ledger, prefix, worker, piece, sessionMs, die } = options;
  const addresses = parseAddresses(options.brokers);
  const client = newClient(addresses, new KafkaConnections(), { clientId: `worker ${worker}` });
  const sql = openClient(options.databaseUrl);
  await Promise.all(SEMANTICS.map((semantics) => {
    let pieces = 0;
    return consume(client, {
      topic,
      group: groupOf(prefix, semantics),
      semantics,
      piece,
      sessionMs,
      sql,
      handler: async (records: readonly EventRecord[], handling: Handling) => {
        if (semantics !== "transactional") {
          await insertEffects(handling.sql ?? sql, semantics, records);
        } else {
          await handling.send!(
            ledger,
            records.map((record) => ({ key: record.key, value: textOf(record) })),
          );
        }
      },
      between: () => {
        pieces++;
        if (die?.semantics === semantics && pieces === die.piece) Deno.kill(Deno.pid, "SIGKILL");
      },
    });
  }));
}

if (import.meta.main) await work(JSON.parse(Deno.args[0]));
