/** A PostgreSQL of the test's own, with tenants, and proxies in front of it. */
import { postgres, type PostgresService } from "lib/services/postgres.ts";
import { PgProxy, type PgProxyOptions, type Tenant } from "lib/systems/pg_proxy/pg_proxy.ts";
import type { Login } from "lib/systems/pgwire/login.ts";

/** Longer than any machine stalls. */
export const PATIENT_MS = 60_000;

export interface Bench extends AsyncDisposable {
  database: PostgresService;
  upstream: { hostname: string; port: number };
  tenant(user: string, limits?: Partial<Tenant>): Tenant;
  /** How a client logs in at a port. */
  login(port: number, user?: string): Login;
  start(options: Partial<PgProxyOptions>): Promise<PgProxy>;
}

export async function withProxy(): Promise<Bench> {
  const database = await postgres({ own: true });
  const { hostname, port } = new URL(database.url);
  const upstream = { hostname, port: Number(port) };
  for (const user of ["ann", "bob"]) {
    await database.sql.query(`create role ${user} login password 'secret of ${user}'`);
    await database.sql.query(`grant all on schema public to ${user}`);
  }
  await database.sql.query(
    "alter default privileges in schema public grant all on tables to public",
  );
  const tenant = (user: string, limits: Partial<Tenant> = {}) => ({
    user,
    database: database.database,
    password: `secret of ${user}`,
    max: 3,
    // Whoever is to wait in vain says so: a machine that stalls must not count as a queue.
    timeoutMs: PATIENT_MS,
    ...limits,
  });
  return {
    database,
    upstream,
    tenant,
    login: (port, user = "ann") => ({ hostname: "127.0.0.1", port, ...tenant(user) }),
    start: (options) =>
      PgProxy.start({ upstream, mode: "transaction", tenants: [tenant("ann")], ...options }),
    [Symbol.asyncDispose]: () => database.close(),
  };
}
