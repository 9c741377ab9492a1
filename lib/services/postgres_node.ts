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

/** Asks a server without a proxy between, as its operator would. */
export async function promote(directUrl: string): Promise<void> {
  const [{ done }] = await withAdmin(
    directUrl,
    (sql) => sql`select pg_promote(wait => true, wait_seconds => 8) as done`,
  );
  if (done) return;
  throw new Error("Cannot promote the replica: it must take writes within 8 s: received none");
}

/** Puts a fault proxy between a primary and its replica. */
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
    });
    return link;
  } catch (error) {
    await link.close();
    throw error;
  }
}
