/**
 * Ends sessions that hold a transaction open and do nothing: they keep locks, and a connection of the pool.
 *
 * @module
 */
import type { Sql } from "../../services/postgres_client.ts";

export interface Zombie {
  pid: number;
  user: string;
  idleSeconds: number;
}

/** Terminates every session of the database that is `idle in transaction` for longer; returns who they were. */
export async function endZombies(sql: Sql, idleMs: number): Promise<Zombie[]> {
  const rows = await sql`
    select pid, usename as user, idle, pg_terminate_backend(pid) as ended
    from (
      select pid, usename, extract(epoch from now() - state_change)::float8 as idle
      from pg_stat_activity
      where state like 'idle in transaction%' and datname = current_database()
        and pid <> pg_backend_pid()
    ) as sessions
    where idle * 1000 > ${idleMs}`;
  return rows.map(({ pid, user, idle }) => ({ pid, user, idleSeconds: idle }));
}

/** What the server says of its clients, for an adaptive limit; its own vacuum is active now and then too. */
export async function databaseHealth(
  sql: Sql,
): Promise<{ active: number; lockWaits: number; idleInTransaction: number }> {
  const [row] = await sql`
    select count(*) filter (where state = 'active') as active,
      count(*) filter (where wait_event_type = 'Lock') as "lockWaits",
      count(*) filter (where state like 'idle in transaction%') as "idleInTransaction"
    from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend'
      and pid <> pg_backend_pid()`;
  return row as { active: number; lockWaits: number; idleInTransaction: number };
}
