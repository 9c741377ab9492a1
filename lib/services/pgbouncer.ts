/**
 * pgbouncer in front of a PostgreSQL: one pooler, or several that are the same, private to this notebook.
 *
 * Clients use it as they use the server, with the server's databases, users and passwords. What belongs to a session
 * (SET, LISTEN, advisory locks) holds in session mode only; a client may not ask for settings when it connects. Each
 * node has its admin console, takes another configuration while it works, and can be stopped, killed and paused.
 *
 * @example
 * ```ts
 * import { pgbouncer } from "./pgbouncer.ts";
 * import { postgres } from "./postgres.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using database = await postgres();
 * await using pooler = await pgbouncer({ upstream: database, mode: "transaction", poolSize: 2 });
 * const pids = await Promise.all(
 *   Array.from({ length: 8 }, () => pooler.sql`select pg_backend_pid() as pid, pg_sleep(0.01)`),
 * );
 * assertEquals(new Set(pids.map(([row]) => row.pid)).size, 2, "eight clients, two connections");
 * ```
 *
 * Source: pgbouncer(1) and pgbouncer(5).
 *
 * @module
 */
import { acquire, type Acquired, type ServiceNode } from "./acquire.ts";
import { FaultProxy } from "./fault_proxy.ts";
import { withoutPassword } from "./namespace.ts";
import { MARKER, type PgbouncerConfig, pgbouncerFiles, readUpstream } from "./pgbouncer_config.ts";
import { type ClientOptions, openClient, type Row, type Sql } from "./postgres_client.ts";
import { urlOf, withAdmin } from "./postgres_database.ts";
import { originOf } from "./system_programs.ts";

/** The PostgreSQL behind a pooler: a service, one of its nodes, or an address with user and password. */
export type Upstream = string | { readonly url: string };

/**
 * What may change while a pooler works.
 *
 * Not its list of users: pgbouncer 1.18 dies of one that it has asked the server about before.
 */
export type PgbouncerChanges = Partial<Omit<PgbouncerConfig, "upstream" | "users">> & {
  upstream?: Upstream;
};

export interface PgbouncerRequest extends PgbouncerChanges {
  upstream: Upstream;
  /** Passwords of further users that pgbouncer lets in; the server must know them too. */
  users?: PgbouncerConfig["users"];
  /** Poolers with the same configuration. Default: 1. */
  count?: number;
  /** Put a fault proxy between the clients and each pooler. */
  proxy?: boolean;
}

export interface PgbouncerNode extends ServiceNode {
  /** Where clients connect, with the password; behind the proxy where there is one. */
  readonly url: string;
  readonly sql: Sql;
  /** Between clients and this pooler. */
  readonly proxy?: FaultProxy;
  /** A further pool of clients, closed with the service. A statement's limit is the client's, not the server's. */
  connect(options?: ClientOptions): Sql;
  /** Runs a command of the admin console, for example `SHOW POOLS` or `SET default_pool_size = 5`. */
  admin(command: string): Promise<Row[]>;
  /** Changes the configuration; resolves when it holds. Connections stay. @throws {Error} with what pgbouncer says */
  configure(changes: PgbouncerChanges): Promise<void>;
}

/** Poolers and their clients. */
export interface PgbouncerService extends AsyncDisposable {
  /** Clients of the first pooler. */
  readonly sql: Sql;
  readonly url: string;
  readonly version: string;
  readonly from: "PATH" | "system";
  /** For the reader: version and origin. */
  readonly description: string;
  readonly nodes: readonly PgbouncerNode[];
  readonly proxy?: FaultProxy;
  /** A further pool of clients of the first pooler, closed with the service. */
  connect(options?: ClientOptions): Sql;
  /** Changes the configuration of all poolers, one after the other. */
  configure(changes: PgbouncerChanges): Promise<void>;
  /** Closes all clients and ends the poolers. */
  close(): Promise<void>;
}

function addressOf(upstream: Upstream): string {
  return typeof upstream === "string" ? upstream : upstream.url;
}

function clientTls({ tls }: PgbouncerConfig): ClientOptions["tls"] {
  return tls && { ca: tls.authority, cert: tls.client?.certificate, key: tls.client?.key };
}

async function checkUpstream(url: string): Promise<void> {
  readUpstream(url);
  try {
    await withAdmin(url, (sql) => sql`select 1`);
  } catch (error) {
    throw new Error(
      `Cannot start pgbouncer: upstream must be a PostgreSQL that answers: received ${
        withoutPassword(url)
      } (${(error as Error).message})`,
    );
  }
}

/** What pgbouncer said of a configuration that it refused, in its log from a position on; other lines come between. */
async function readRefusal(node: ServiceNode, from: number): Promise<string> {
  for (let tries = 0; tries < 500; tries++) {
    const lines = (await node.log()).slice(from).split("\n").reverse();
    const end = lines.findIndex((line) => line.includes("config file loading failed"));
    if (end >= 0) {
      const reason = lines.slice(end).find((line) => line.includes(" ERROR "));
      return reason?.split(" ERROR ")[1] ?? lines[end];
    }
    await new Promise((done) => setTimeout(done, 20));
  }
  return "nothing";
}

/** What a node needs to know of its service. */
interface Setting {
  config: PgbouncerConfig;
  proxy: boolean;
  /** Closed with the service. */
  clients: Sql[];
}

async function makeNode(node: ServiceNode, setting: Setting): Promise<PgbouncerNode> {
  let { config } = setting;
  const { hostname, port } = node;
  const proxy = setting.proxy ? await FaultProxy.start({ hostname, port }) : undefined;
  const open = (url: string, { statementTimeoutMs, ...options }: ClientOptions) => {
    const sql = openClient(url, {
      tls: clientTls(config),
      ...options,
      databaseTimeoutMs: statementTimeoutMs,
    });
    setting.clients.push(sql);
    return sql;
  };
  const { pathname } = new URL(config.upstream);
  const database = pathname === "/" ? undefined : decodeURIComponent(pathname.slice(1));
  const url = urlOf(config.upstream, { database, port: proxy?.port ?? port });
  const openConsole = () =>
    open(urlOf(config.upstream, { database: "pgbouncer", port }), {
      max: 1,
      applicationName: "workshop-admin",
    });
  let console = openConsole();
  /** Whether pgbouncer took a configuration whole. */
  const take = async (changed: PgbouncerConfig, mark: string) => {
    await node.write(pgbouncerFiles(changed, port, mark));
    await console.query("RELOAD");
    const settings = await console.query("SHOW CONFIG");
    return settings.some(({ key, value }) => key === MARKER && value === mark);
  };
  return Object.assign(node, {
    url,
    sql: open(url, {}),
    proxy,
    connect: (options: ClientOptions = {}) => open(url, options),
    admin: (command: string) => console.query(command),
    async configure({ upstream, ...changes }: PgbouncerChanges) {
      const changed = { ...config, ...changes };
      if (upstream !== undefined) changed.upstream = addressOf(upstream);
      const mark = crypto.randomUUID();
      const { length: said } = await node.log();
      if (await take(changed, mark)) {
        config = changed;
        if (changes.tls !== undefined || upstream !== undefined) console = openConsole();
        return;
      }
      const reason = await readRefusal(node, said);
      await take(config, crypto.randomUUID());
      throw new Error(
        `Cannot configure ${node.name}: the configuration must be valid: received this from pgbouncer: ${reason}`,
      );
    },
  });
}

/**
 * Starts poolers in front of a PostgreSQL.
 *
 * @throws {Error} when there is no pgbouncer, with the ways to get one; when the upstream does not answer
 */
export function pgbouncer(
  request: PgbouncerRequest & { proxy: true },
): Promise<PgbouncerService & { proxy: FaultProxy }>;
export function pgbouncer(request: PgbouncerRequest): Promise<PgbouncerService>;
export async function pgbouncer(request: PgbouncerRequest): Promise<PgbouncerService> {
  const { upstream, count = 1, proxy = false, ...rest } = request;
  if (!(Number.isInteger(count) && count >= 1 && count <= 8)) {
    throw new RangeError(`Cannot start pgbouncer: count must be 1 to 8: received ${count}`);
  }
  const config: PgbouncerConfig = { ...rest, upstream: addressOf(upstream) };
  await checkUpstream(config.upstream);
  const acquired: Acquired = await acquire("pgbouncer", { ...config, count }, true);
  const { version, from } = acquired.started;
  const clients: Sql[] = [];
  const nodes: PgbouncerNode[] = [];
  let closing: Promise<void> | undefined;
  const end = async () => {
    await Promise.all(clients.map((sql) => sql.end()));
    await Promise.all(nodes.map((node) => node.proxy?.close()));
    await acquired.release();
  };
  const close = () => closing ??= end();
  try {
    for (const node of acquired.nodes) {
      nodes.push(await makeNode(node, { config, proxy, clients }));
    }
    const shape = count > 1 ? `, ${count} of them` : "";
    return {
      sql: nodes[0].sql,
      url: nodes[0].url,
      version,
      from: from as PgbouncerService["from"],
      description: `pgbouncer ${version}${shape}, ${originOf("pgbouncer", from)}`,
      nodes,
      proxy: nodes[0].proxy,
      connect: (options) => nodes[0].connect(options),
      async configure(changes) {
        for (const node of nodes) await node.configure(changes);
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
