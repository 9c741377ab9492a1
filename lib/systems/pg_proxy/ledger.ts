/**
 * The check that judges every pooler: transfers between accounts, each in a transaction of four round trips.
 *
 * Each client moves money between two accounts and writes a line into a ledger, with the transaction's number as its
 * first and as its last statement saw it. Afterwards the sum of all balances is what it was, each commit that was
 * acknowledged is in the ledger exactly once, and no line has two numbers: no statement ran outside its transaction.
 *
 * A client that loses its connection opens another and goes on with its next transfer; whether the one under way was
 * committed it cannot know, so such a line may be there or not.
 *
 * @module
 */
import { integer } from "../../sim/random.ts";
import { delays } from "../../structures/backoff.ts";
import type { Sql } from "../../services/postgres_client.ts";
import type { Login } from "../pgwire/login.ts";
import { PgClient } from "../pgwire/pg_client.ts";
import { PgError } from "../pgwire/protocol_error.ts";

export interface LedgerLoad {
  clients: number;
  /** Of all clients together. */
  transfers: number;
  random: () => number;
  nowMs: () => number;
  /** Wait of a client between its transfers. */
  thinkMs?: number;
  /** Transfers after which a client logs in again, as pools with a longest lifetime do. Default: never. */
  reconnectEvery?: number;
  /** Ends the run before all transfers are done. */
  signal?: AbortSignal;
  /** Called with the SQLSTATE of each that failed. */
  onFailure?: (code: string) => void;
  /** Called after each transfer that was acknowledged. */
  onCommit?: (atMs: number, tookMs: number) => void;
}

export interface LedgerRun {
  acknowledged: { client: number; n: number }[];
  /** Transfers that failed, by SQLSTATE. */
  failed: Record<string, number>;
  seconds: number;
  /** Connections that clients opened. */
  connects: number;
}

const ACCOUNTS = 1000;
const BALANCE = 1000;

/** Makes the tables anew. */
export async function openLedger(sql: Sql): Promise<void> {
  await sql.query(`
    drop table if exists account, ledger;
    create table account (id int primary key, balance bigint not null) with (fillfactor = 50);
    insert into account select id, ${BALANCE} from generate_series(0, ${ACCOUNTS - 1}) as id;
    create table ledger (client int, n int, first_xid bigint, last_xid bigint, pid int);`);
}

/** Runs the transfers through whatever listens at an address. */
export async function runLedger(
  address: (client: number) => Login,
  load: LedgerLoad,
): Promise<LedgerRun> {
  const run: LedgerRun = { acknowledged: [], failed: {}, seconds: 0, connects: 0 };
  const startMs = load.nowMs();
  let left = load.transfers;
  const work = async (client: number) => {
    const waits = () => delays("full", { baseMs: 20, capMs: 500 }, load.random);
    let connection: PgClient | undefined;
    let backoff = waits();
    for (let n = 0; left-- > 0 && !load.signal?.aborted; n++) {
      const beganMs = load.nowMs();
      try {
        if (connection === undefined) {
          run.connects++;
          connection = await PgClient.connect(address(client));
        }
        await transfer(connection, { client, n, random: load.random });
        run.acknowledged.push({ client, n });
        load.onCommit?.(load.nowMs() - startMs, load.nowMs() - beganMs);
        backoff = waits();
      } catch (error) {
        const code = error instanceof PgError ? error.code : "08006";
        run.failed[code] = (run.failed[code] ?? 0) + 1;
        load.onFailure?.(code);
        const isAlive = error instanceof PgError && error.severity === "ERROR";
        if (!isAlive) {
          connection?.[Symbol.dispose]();
          connection = undefined;
        } else if (connection!.status !== "I") await connection!.query("rollback").catch(() => {});
        await pause(backoff.next().value);
      }
      if (load.thinkMs !== undefined) await pause(load.thinkMs);
      if (
        load.reconnectEvery !== undefined &&
        n % load.reconnectEvery === client % load.reconnectEvery
      ) {
        await connection?.end();
        connection = undefined;
      }
    }
    await connection?.end();
  };
  await Promise.all(Array.from({ length: load.clients }, (_, client) => work(client)));
  run.seconds = (load.nowMs() - startMs) / 1000;
  return run;
}

async function transfer(
  connection: PgClient,
  { client, n, random }: { client: number; n: number; random: () => number },
): Promise<void> {
  // The lower account first, or two transfers wait for each other.
  const [low, high] = [integer(random, ACCOUNTS), integer(random, ACCOUNTS)].sort((a, b) => a - b);
  const amount = 1 + integer(random, 9);
  await connection.query("begin");
  const { rows } = await connection.query(
    `update account set balance = balance - ${amount} where id = ${low} returning txid_current()`,
  );
  await connection.query(
    `with credited as (update account set balance = balance + ${amount} where id = ${high})
     insert into ledger values (${client}, ${n}, ${rows[0][0]}, txid_current(), pg_backend_pid())`,
  );
  await connection.query("commit");
}

/** What is wrong with the ledger after a run; nothing when all holds. */
export async function judgeLedger(sql: Sql, run: LedgerRun): Promise<string[]> {
  const problems: string[] = [];
  const [{ sum }] = await sql`select sum(balance)::bigint as sum from account`;
  if (sum !== ACCOUNTS * BALANCE) {
    problems.push(`balances must sum to ${ACCOUNTS * BALANCE}: received ${sum}`);
  }
  const lines = await sql`
    select client, n, count(*) as times, bool_and(first_xid = last_xid) as whole
    from ledger group by client, n`;
  const found = new Map(lines.map(({ client, n, times }) => [`${client} ${n}`, times as number]));
  const twice = lines.filter(({ times }) => times > 1).length;
  if (twice > 0) problems.push(`${twice} transfers are in the ledger more than once`);
  const split = lines.filter(({ whole }) => !whole).length;
  if (split > 0) problems.push(`${split} transfers ran in two transactions`);
  const lost = run.acknowledged.filter(({ client, n }) => !found.has(`${client} ${n}`)).length;
  if (lost > 0) problems.push(`${lost} acknowledged transfers are not in the ledger`);
  const failures = Object.values(run.failed).reduce((sum, count) => sum + count, 0);
  const unasked = found.size - run.acknowledged.length;
  if (unasked > failures) problems.push(`${unasked} transfers in the ledger were not acknowledged`);
  return problems;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
