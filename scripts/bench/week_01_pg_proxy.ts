/**
 * The proxy against pgbouncer: 200 clients on 10 server connections, and the time that a hop adds.
 *
 * The same transfers of the same clients go through both in turn, in transaction mode, and the same ledger check judges
 * both after each round. The added p50 is that of `select 1`, less the one on a direct connection in the same round; a
 * ratio above 1 means that ours adds more. Clients and server share the machine with the poolers.
 *
 * @module
 */
import { pgbouncer } from "../../lib/services/pgbouncer.ts";
import { postgres } from "../../lib/services/postgres.ts";
import { stream } from "../../lib/sim/random.ts";
import { judgeLedger, openLedger, runLedger } from "../../lib/systems/pg_proxy/ledger.ts";
import { PgProxy } from "../../lib/systems/pg_proxy/pg_proxy.ts";
import { PgClient } from "../../lib/systems/pgwire/pg_client.ts";
import { report, save } from "./paired.ts";

const NAME = "week-01-pg-proxy";
const CLIENTS = 200;
const CONNECTIONS = 10;
const TRANSFERS = 4000;
const ROUNDS = 5;
const nowMs = () => performance.now();

/** Runs both comparisons; about a minute. */
export async function main(): Promise<void> {
  await using database = await postgres({ own: true });
  const { sql } = database;
  await sql.query("create role ann login password 'secret'");
  await sql.query("grant all on schema public to ann");
  await sql.query("alter default privileges in schema public grant all on tables to public");
  const { hostname, port, pathname } = new URL(database.url);
  const upstream = { hostname, port: Number(port) };
  const tenant = { user: "ann", database: pathname.slice(1), password: "secret" };
  await using bouncer = await pgbouncer({
    upstream: database,
    mode: "transaction",
    poolSize: CONNECTIONS,
    users: { ann: "secret" },
    settings: { max_client_conn: "500" },
  });
  await using proxy = await PgProxy.start({
    upstream,
    mode: "transaction",
    tenants: [{ ...tenant, max: CONNECTIONS, maxQueue: 1000, timeoutMs: 60_000 }],
  });
  const at = (port: number) => ({ ...tenant, hostname: "127.0.0.1", port });
  const ports = { ours: proxy.port, theirs: bouncer.nodes[0].port, direct: upstream.port };

  const throughput = async (port: number) => {
    await openLedger(sql);
    const load = { clients: CLIENTS, transfers: TRANSFERS, random: stream(1, "bench"), nowMs };
    const run = await runLedger(() => at(port), load);
    const problems = await judgeLedger(sql, run);
    if (run.acknowledged.length !== TRANSFERS || problems.length > 0) {
      throw new Error(`Cannot compare poolers: the ledger must hold: ${problems.join("; ")}`);
    }
    return TRANSFERS / run.seconds;
  };
  const p50Us = async (port: number) => {
    const client = await PgClient.connect(at(port));
    const tookUs: number[] = [];
    for (let n = 0; n < 1500; n++) {
      const beganMs = nowMs();
      await client.query("select 1");
      if (n >= 500) tookUs.push((nowMs() - beganMs) * 1000);
    }
    await client.end();
    return tookUs.sort((a, b) => a - b)[500];
  };

  const rates: { ours: number; theirs: number }[] = [];
  const added: { ours: number; theirs: number }[] = [];
  await throughput(ports.ours);
  await throughput(ports.theirs);
  for (let round = 0; round < ROUNDS; round++) {
    rates.push({ ours: await throughput(ports.ours), theirs: await throughput(ports.theirs) });
    const direct = await p50Us(ports.direct);
    const [ours, theirs] = [await p50Us(ports.ours), await p50Us(ports.theirs)];
    added.push({ ours: Math.max(1, ours - direct), theirs: Math.max(1, theirs - direct) });
  }
  const peer = `pgbouncer ${bouncer.version}`;
  await save(NAME, [
    report(NAME, { metric: `transactions/s-${CLIENTS}-on-${CONNECTIONS}`, peer, results: rates }),
    report(NAME, { metric: "added-p50-us", peer, results: added }),
  ]);
}

if (import.meta.main) await main();
