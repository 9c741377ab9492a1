/**
 * The PostgreSQL client of notebooks: node-postgres, configured as in production, behind a tagged template.
 *
 * A pool opens at most 10 connections. It gives up on getting one after 5 s, on a statement after 10 s, and on a server
 * that says nothing 1 s later; what breaks meanwhile is an error of the statement, never of the process. A `bigint` comes
 * as a number, and is an error where a number cannot hold it; a `date` comes as text.
 *
 * @module
 */
import { Socket } from "node:net";
// @ts-types="@types/pg"
import pg from "pg";

// deno-lint-ignore no-explicit-any -- a row is what the statement makes of it
export type Row = Record<string, any>;

/** Runs statements on a pool: `` await sql`select ${20} + 22 as sum` ``, each value a parameter. */
export interface Sql {
  <T extends Row = Row>(text: TemplateStringsArray, ...values: readonly unknown[]): Promise<T[]>;
  /** Runs text as it is; without values it may hold several statements. */
  query<T extends Row = Row>(text: string, values?: readonly unknown[]): Promise<T[]>;
  /** Runs statements in one transaction: committed when the body is done, rolled back when it throws. */
  begin<T>(body: (sql: Statements) => Promise<T>): Promise<T>;
  /** Runs statements on one connection, for what belongs to a session: SET, LISTEN, advisory locks. */
  session<T>(body: (sql: Statements, client: pg.PoolClient) => Promise<T>): Promise<T>;
  /** The pool itself, for what else node-postgres can do. */
  readonly pool: pg.Pool;
  /** Ends the pool: half a second for what is on its way, then at once; a second time is fine. */
  end(): Promise<void>;
}

/** Statements on one connection. */
export type Statements = Pick<Sql, "query"> & {
  <T extends Row = Row>(text: TemplateStringsArray, ...values: readonly unknown[]): Promise<T[]>;
};

export interface ClientOptions {
  /** Connections at most. Default: 10. */
  max?: number;
  /** How long a statement may take. Default: what the database says, 10,000. */
  statementTimeoutMs?: number;
  /** How long to wait for a connection. Default: 5,000. */
  connectTimeoutMs?: number;
  /** Shown in pg_stat_activity. Default: "workshop". */
  applicationName?: string;
  /** Encrypts the connections, and checks the server's certificate: who signed it (`ca`), and our own, all as PEM. */
  tls?: { ca?: string; cert?: string; key?: string };
}

/** How long a statement may take unless told otherwise. */
export const STATEMENT_TIMEOUT_MS = 10_000;
const ANSWER_GRACE_MS = 1000;
const CLOSE_GRACE_MS = 500;

const INT8 = 20;
const DATE = 1082;
const INT8_ARRAY = 1016;

function parseBigint(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError(
    `Cannot read bigint: value must be within 2^53 of 0: received ${text}. Cast it to text`,
  );
}

const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format) {
    const parse = pg.types.getTypeParser(oid, format as "text");
    if (oid === INT8) return parseBigint;
    if (oid === DATE) return String;
    if (oid === INT8_ARRAY) return (text: string) => parse(text).map(parseBigint);
    return parse;
  },
};

/** For names and texts that cannot be parameters. */
export const { escapeIdentifier, escapeLiteral } = pg;

type Runner = Pick<pg.Pool, "query">;

function statementsOn(runner: Runner): Statements {
  const query = async <T extends Row>(text: string, values?: readonly unknown[]) => {
    const result = await runner.query<T>(text, values as unknown[]);
    return result.rows;
  };
  const run = <T extends Row>(text: TemplateStringsArray, ...values: readonly unknown[]) =>
    query<T>(text.reduce((sum, part, i) => `${sum}$${i}${part}`), values);
  return Object.assign(run, { query });
}

/**
 * A pool for the database at an address; it connects with the first statement.
 *
 * `databaseTimeoutMs`: the limit that the database itself sets to statements.
 */
export function openClient(
  url: string,
  options: ClientOptions & { databaseTimeoutMs?: number } = {},
): Sql {
  const { max = 10, connectTimeoutMs = 5000, applicationName = "workshop" } = options;
  const { statementTimeoutMs, databaseTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
  const sockets = new Set<Socket>();
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: (statementTimeoutMs ?? databaseTimeoutMs) + ANSWER_GRACE_MS,
    // Only where it differs: a pooler lets no settings through.
    statement_timeout: statementTimeoutMs,
    types,
    ssl: options.tls,
    stream: () => {
      const socket = new Socket();
      sockets.add(socket);
      return socket.once("close", () => sockets.delete(socket));
    },
  });
  // A connection that breaks while nobody uses it; who uses one hears of it from the statement.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));

  /** Lends a connection; one that broke, or that the body discards, is not used again. */
  const lend = async <T>(body: (client: pg.PoolClient, discard: () => void) => Promise<T>) => {
    const client = await pool.connect();
    let isUsable = true;
    const discard = () => isUsable = false;
    client.once("error", discard);
    try {
      return await body(client, discard);
    } finally {
      client.off("error", discard);
      client.release(!isUsable);
    }
  };
  const session: Sql["session"] = (body) =>
    lend((client, discard) =>
      body(statementsOn(client), client).catch((error) => {
        // What the session still holds, a lock or an open transaction, goes with it.
        discard();
        throw error;
      })
    );
  const begin: Sql["begin"] = (body) =>
    lend(async (client, discard) => {
      const sql = statementsOn(client);
      await sql`begin`;
      try {
        const result = await body(sql);
        await sql`commit`;
        return result;
      } catch (error) {
        await sql`rollback`.catch(discard);
        throw error;
      }
    });
  const endPool = async () => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((done) => timer = setTimeout(done, CLOSE_GRACE_MS));
    await Promise.race([pool.end(), late]);
    clearTimeout(timer);
    for (const socket of sockets) socket.destroy();
  };
  let ending: Promise<void> | undefined;
  const end = () => ending ??= endPool();
  return Object.assign(statementsOn(pool), { pool, session, begin, end });
}
