/**
 * A PostgreSQL for a notebook: yours by `DATABASE_URL`, else a private one that ends with the run.
 *
 * Each notebook works in a database of its own, which is dropped when it is given back. Several servers, that the
 * notebook may stop, kill, pause and promote, are private always: a primary with streaming replicas, or shards that
 * know nothing of another. The client is node-postgres (`postgres_client.ts`).
 *
 * @example
 * ```ts
 * import { postgres } from "./postgres.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using database = await postgres();
 * const { sql } = database;
 * await sql`create table counts (name text primary key, value int)`;
 * await sql`insert into counts values ('visits', 41)`;
 * const [row] = await sql`update counts set value = value + 1 returning value`;
 * assertEquals(row.value, 42);
 * ```
 *
 * @module
 */
import { acquire, type Acquired } from "./acquire.ts";
import { FaultProxy } from "./fault_proxy.ts";
import { notebookName } from "./namespace.ts";
import {
  type ClientOptions,
  openClient,
  type Sql,
  STATEMENT_TIMEOUT_MS,
} from "./postgres_client.ts";
import {
  createDatabase,
  databaseName,
  dropDatabase,
  readPostgresVersion,
  urlOf,
  waitForReplica,
} from "./postgres_database.ts";
import { linkReplica, type PostgresNode, promote } from "./postgres_node.ts";
import type { PostgresConfig } from "./postgres_server.ts";

export interface PostgresRequest {
  /** The address of a server of yours. Default: `DATABASE_URL`. */
  url?: string;
  /** A private server for this notebook alone, that it may stop, kill and pause. */
  own?: boolean;
  /** Streaming replicas of the first server; all of them are own. */
  replicas?: number;
  /** Servers that know nothing of another; all of them are own. */
  shards?: number;
  /** Settings of a private server's postgresql.conf, for example `{ max_connections: "20" }`. */
  config?: PostgresConfig;
  /** Put a fault proxy between the clients and each server, and between a primary and each replica. */
  proxy?: boolean;
  /** How long a statement may take. Default: 10,000. */
  statementTimeoutMs?: number;
}

/** A PostgreSQL and its clients. */
export interface PostgresService extends AsyncDisposable {
  readonly sql: Sql;
  /** Where clients connect, with the password; behind the proxy where there is one. */
  readonly url: string;
  readonly version: string;
  /** How the server was found. */
  readonly from: "DATABASE_URL" | "PATH" | "system" | "npm";
  /** For the reader: version and origin. */
  readonly description: string;
  /** The notebook's own database. */
  readonly database: string;
  /** The servers, where they are this notebook's own; the primary first. */
  readonly nodes: readonly PostgresNode[];
  readonly proxy?: FaultProxy;
  /** A further pool on the first server, closed with the service. */
  connect(options?: ClientOptions): Sql;
  /** Closes all clients and gives the server back. */
  close(): Promise<void>;
}

/** A server as this process reaches it. */
interface Server {
  /** Of the database that exists already, without a proxy. */
  url: string;
  proxy?: FaultProxy;
  link?: FaultProxy;
}

interface Found {
  version: string;
  from: PostgresService["from"];
  servers: Server[];
  acquired?: Acquired;
}

async function findServers(request: PostgresRequest): Promise<Found> {
  const { replicas = 0, shards = 1, config, url = Deno.env.get("DATABASE_URL") } = request;
  const own = isOwn(request);
  // A server that may be killed or reconfigured is never the user's.
  if (url !== undefined && url !== "" && !own && config === undefined) {
    const version = await readPostgresVersion(url);
    return { version, from: "DATABASE_URL", servers: [{ url }] };
  }
  const acquired = await acquire("postgres", { replicas, shards, config }, own);
  const { version, from, password, nodes } = acquired.started;
  const servers = nodes.map(({ hostname, port }) => ({
    url: `postgres://postgres:${password}@${hostname}:${port}/postgres`,
  }));
  return { version, from: from as PostgresService["from"], servers, acquired };
}

function isOwn({ own = false, replicas = 0, shards = 1 }: PostgresRequest): boolean {
  return own || replicas > 0 || shards > 1;
}

function checkCounts({ replicas = 0, shards = 1 }: PostgresRequest): void {
  for (const [name, value, least] of [["replicas", replicas, 0], ["shards", shards, 1]] as const) {
    if (Number.isInteger(value) && value >= least && value <= 16) continue;
    throw new RangeError(
      `Cannot start PostgreSQL: ${name} must be ${least} to 16: received ${value}`,
    );
  }
  if (replicas > 0 && shards > 1) {
    throw new RangeError(
      "Cannot start PostgreSQL: replicas must be 0 where there are shards: received both",
    );
  }
}

const ORIGINS: Record<PostgresService["from"], string> = {
  DATABASE_URL: "at DATABASE_URL",
  PATH: "private, postgres from the PATH",
  system: "private, postgres from the system's packages",
  npm: "private, postgres from npm",
};

/** Makes the notebook's database on every server that takes writes, and the proxies. */
async function prepare(found: Found, database: string, request: PostgresRequest): Promise<void> {
  const { replicas = 0, proxy = false, statementTimeoutMs = STATEMENT_TIMEOUT_MS } = request;
  const [primary, ...others] = found.servers;
  const writable = replicas > 0 ? [primary] : found.servers;
  await Promise.all(writable.map(({ url }) => createDatabase(url, database, statementTimeoutMs)));
  if (replicas > 0) {
    await Promise.all(others.map(({ url }) => waitForReplica(primary.url, url)));
  }
  if (!proxy) return;
  for (const server of found.servers) {
    const { hostname, port } = new URL(server.url);
    server.proxy = await FaultProxy.start({ hostname, port: Number(port || 5432) });
  }
  if (replicas === 0) return;
  const { hostname, port } = new URL(primary.url);
  for (const server of others) {
    server.link = await linkReplica({ hostname, port: Number(port) }, server.url);
  }
}

/**
 * Connects to a PostgreSQL, starting a private one if need be.
 *
 * @throws {Error} when there is none, it does not answer, or it is older than 14, with the ways to get one
 */
export function postgres(
  request: PostgresRequest & { proxy: true },
): Promise<PostgresService & { proxy: FaultProxy }>;
export function postgres(request?: PostgresRequest): Promise<PostgresService>;
export async function postgres(request: PostgresRequest = {}): Promise<PostgresService> {
  checkCounts(request);
  const found = await findServers(request);
  const { version, from, servers, acquired } = found;
  const own = isOwn(request);
  const database = databaseName(notebookName());
  const clients: Sql[] = [];
  let closing: Promise<void> | undefined;

  const open = (url: string, options: ClientOptions = {}) => {
    const sql = openClient(url, { ...options, databaseTimeoutMs: request.statementTimeoutMs });
    clients.push(sql);
    return sql;
  };
  const end = async () => {
    await Promise.all(clients.map((sql) => sql.end()));
    await Promise.all(servers.flatMap(({ proxy, link }) => [proxy?.close(), link?.close()]));
    // A server of our own goes with all that is in it.
    if (!own) await dropDatabase(servers[0].url, database).catch(() => {});
    await acquired?.release();
  };
  const close = () => closing ??= end();

  try {
    await prepare(found, database, request);
    const urls = servers.map(({ url, proxy }) => urlOf(url, { database, port: proxy?.port }));
    const nodes = own
      ? (acquired?.nodes ?? []).map((node, i) =>
        Object.assign(node, {
          url: urls[i],
          sql: open(urls[i]),
          proxy: servers[i].proxy,
          link: servers[i].link,
          promote: () => promote(servers[i].url),
        })
      )
      : [];
    const shape = request.replicas
      ? ` with ${request.replicas} replica${request.replicas > 1 ? "s" : ""}`
      : servers.length > 1
      ? `, ${servers.length} shards`
      : "";
    return {
      sql: nodes[0]?.sql ?? open(urls[0]),
      url: urls[0],
      version,
      from,
      description: `PostgreSQL ${version}${shape}, ${ORIGINS[from]}`,
      database,
      nodes,
      proxy: servers[0].proxy,
      connect: (options) => open(urls[0], options),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
