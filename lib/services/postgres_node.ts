/**
 * One server of a PostgreSQL that is the notebook's own: its client, its faults, and its promotion.
 *
 * @module
 */
import type { ServiceNode } from "./acquire.ts";
import { FaultProxy } from "./fault_proxy.ts";
import { escapeLiteral, type Sql } from "./postgres_client.ts";
import { withAdmin } from "./postgres_database.ts";

export interface PostgresNode extends ServiceNode {
  /** Where clients connect; behind the proxy where there is one. */
  readonly url: string;
  readonly sql: Sql;
  /** Between clients and this server. */
  readonly proxy?: FaultProxy;
  /** Between the primary and this replica. */
  readonly link?: FaultProxy;
  /** Makes a replica the primary; resolves when it takes writes. */
  promote(): Promise<void>;
}

const LINK_TIMEOUT_MS = 30_000;

/** Asks a server without a proxy between, as its operator would. */
export async function promote(directUrl: string): Promise<void> {
  const [{ done }] = await withAdmin(
    directUrl,
    (sql) => sql`select pg_promote(wait => true, wait_seconds => 30) as done`,
  );
  if (done) return;
  throw new Error("Cannot promote the replica: it must take writes within 30 s: received none");
}

/** Until then it is still connected as before, and what the proxy does has no effect. */
async function waitForStream(sql: Sql, port: number): Promise<void> {
  for (const endMs = performance.now() + LINK_TIMEOUT_MS; performance.now() < endMs;) {
    const [receiver] = await sql`
      select 1 from pg_stat_wal_receiver where sender_port = ${port} and status = 'streaming'`;
    if (receiver !== undefined) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(
    `Cannot link the replica: it must stream from port ${port} within ${
      LINK_TIMEOUT_MS / 1000
    } s: received nothing`,
  );
}

/** Puts a fault proxy between a primary and its replica; resolves when the replica streams through it. */
export async function linkReplica(
  primary: { hostname: string; port: number },
  replicaUrl: string,
): Promise<FaultProxy> {
  const link = await FaultProxy.start(primary);
  try {
    await withAdmin(replicaUrl, async (sql) => {
      const [{ setting }] = await sql`
        select setting from pg_settings where name = 'primary_conninfo'`;
      const through = setting.replace(/port=\d+/, `port=${link.port}`);
      await sql.query(`alter system set primary_conninfo = ${escapeLiteral(through)}`);
      await sql`select pg_reload_conf()`;
      await waitForStream(sql, link.port);
    });
    return link;
  } catch (error) {
    await link.close();
    throw error;
  }
}
