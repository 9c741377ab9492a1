/**
 * A database of its own for each notebook, on a server that others use too.
 *
 * Its name says whose it is; statements that take too long are ended by the server, also behind a pooler. It is dropped
 * when the notebook gives it back.
 *
 * @module
 */
import { withoutPassword } from "./namespace.ts";
import { MINIMUM_POSTGRES, WAYS_TO_GET_POSTGRES } from "./postgres_binaries.ts";
import { escapeIdentifier, openClient, type Sql } from "./postgres_client.ts";

/** The address of another database of the same server. */
export function urlOf(url: string, changes: { database?: string; port?: number }): string {
  const changed = new URL(url);
  if (changes.database !== undefined) changed.pathname = `/${changes.database}`;
  if (changes.port !== undefined) changed.host = `127.0.0.1:${changes.port}`;
  return changed.href;
}

/** How long a server may take to let its operator in, in milliseconds. */
const ADMIN_CONNECT_MS = 5000;
/** How long a statement of the operator may take, which may wait for the disk, in milliseconds. */
const ADMIN_STATEMENT_MS = 40_000;

/** Asks a server a few things over one connection. */
export async function withAdmin<T>(url: string, body: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = openClient(url, {
    max: 1,
    applicationName: "workshop-admin",
    connectTimeoutMs: ADMIN_CONNECT_MS,
    databaseTimeoutMs: ADMIN_STATEMENT_MS,
  });
  try {
    return await body(sql);
  } finally {
    await sql.end();
  }
}

/**
 * The version of the server at an address of the user's.
 *
 * @throws {Error} when it does not answer, or is too old, with the ways to get one
 */
export async function readPostgresVersion(url: string): Promise<string> {
  const shown = withoutPassword(url);
  let version: string;
  try {
    if (!URL.canParse(url)) throw new Error("not an address with one host");
    const [row] = await withAdmin(url, (sql) => sql`show server_version`);
    version = row.server_version.split(" ")[0];
  } catch (error) {
    throw new Error(
      `Cannot use PostgreSQL: DATABASE_URL must be the address of one that answers: received ${shown} (${
        (error as Error).message
      }). ${WAYS_TO_GET_POSTGRES}`,
    );
  }
  if (parseInt(version) >= MINIMUM_POSTGRES) return version;
  throw new Error(
    `Cannot use PostgreSQL: version must be ${MINIMUM_POSTGRES} or newer: received ${version} at ${shown}. ` +
      WAYS_TO_GET_POSTGRES,
  );
}

/** A name for the database of a notebook that no other run has. */
export function databaseName(notebook: string): string {
  const name = notebook.toLowerCase().replace(/[^a-z0-9]+/g, "_").slice(0, 50);
  return `${name}_${crypto.randomUUID().slice(0, 8)}`;
}

/** @throws {Error} when the role may not */
export async function createDatabase(
  url: string,
  name: string,
  statementTimeoutMs: number,
): Promise<void> {
  await withAdmin(url, async (sql) => {
    try {
      await sql.query(`create database ${escapeIdentifier(name)}`);
    } catch (error) {
      throw new Error(
        `Cannot use PostgreSQL: the role of ${
          withoutPassword(url)
        } must be allowed to create databases: ` +
          `received ${(error as Error).message}`,
      );
    }
    const setting = `statement_timeout = ${statementTimeoutMs}`;
    await sql.query(`alter database ${escapeIdentifier(name)} set ${setting}`);
  });
}

/** Drops the database, whoever is connected to it. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  const database = escapeIdentifier(name);
  await withAdmin(url, (sql) => sql.query(`drop database if exists ${database} with (force)`));
}

/** Waits until a replica has replayed what its primary has written by now. */
export async function waitForReplica(primaryUrl: string, replicaUrl: string): Promise<void> {
  const [{ lsn }] = await withAdmin(primaryUrl, (sql) => sql`select pg_current_wal_lsn() as lsn`);
  await withAdmin(replicaUrl, async (sql) => {
    for (let tries = 0; tries < 600; tries++) {
      const [{ caughtUp }] = await sql`
        select pg_last_wal_replay_lsn() >= ${lsn}::pg_lsn as "caughtUp"`;
      if (caughtUp) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`Cannot use the replica: it must reach ${lsn} within 30 s: received nothing`);
  });
}
