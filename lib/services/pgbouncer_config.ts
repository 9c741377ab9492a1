/**
 * The files of a pgbouncer: pgbouncer.ini, the list of users, certificates.
 *
 * It stands in front of one PostgreSQL server, for all of its databases. The upstream's own user is in the list, with
 * its password, and may use the admin console; any other role of the server may log in too, since pgbouncer asks the
 * server for what it needs to check a password (SCRAM).
 *
 * @example
 * ```ts
 * import { pgbouncerFiles } from "./pgbouncer_config.ts";
 * import { assertMatch } from "@std/assert";
 *
 * const upstream = "postgres://me:secret@127.0.0.1:5432/app";
 * const files = pgbouncerFiles({ upstream, mode: "transaction", poolSize: 10 }, 6432);
 * assertMatch(files["pgbouncer.ini"], /pool_mode = transaction/);
 * ```
 *
 * Source: pgbouncer(5).
 *
 * @module
 */
import type { ServerTls } from "./certificates.ts";
import type { Files } from "./folder_files.ts";

/** When a server connection goes back to the pool: as the client leaves, at the end of each transaction or statement. */
export type PoolMode = "session" | "transaction" | "statement";

export interface PgbouncerConfig {
  /** The address of the PostgreSQL server, with user and password. */
  upstream: string;
  /** Default: "session", as pgbouncer has it. */
  mode?: PoolMode;
  /** Server connections for each pair of user and database. Default: 20, as pgbouncer has it. */
  poolSize?: number;
  /** Further settings of the [pgbouncer] section, for example `{ query_wait_timeout: "2" }`. */
  settings?: Readonly<Record<string, string>>;
  /** Databases with settings of their own, by the name that clients use: `{ reports: { dbname: "app", pool_size: "2" } }`. */
  databases?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Passwords of further users. */
  users?: Readonly<Record<string, string>>;
  tls?: ServerTls;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function formatPairs(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs).map(([name, value]) => `${name}=${quote(value)}`).join(" ");
}

/** An entry of the list of users, where a quote is written twice. */
function userLine([name, password]: [string, string]): string {
  return [name, password].map((text) => `"${text.replaceAll('"', '""')}"`).join(" ") + "\n";
}

/** The user and server of an address. */
export function readUpstream(
  upstream: string,
): { hostname: string; port: number; user: string; password: string } {
  if (!URL.canParse(upstream) || !/^postgres(ql)?:\/\/[^@]+@/.test(upstream)) {
    throw new TypeError(
      "Cannot start pgbouncer: upstream must be an address with a user, such as postgres://me:secret@127.0.0.1/app: " +
        `received ${upstream.replace(/:[^:@/]*@/, ":***@")}`,
    );
  }
  const { hostname, port, username, password } = new URL(upstream);
  return {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}

function tlsSettings({ clientAuthority }: ServerTls): Record<string, string> {
  return {
    client_tls_sslmode: clientAuthority === undefined ? "require" : "verify-full",
    client_tls_cert_file: "server.pem",
    client_tls_key_file: "server.key",
    ...(clientAuthority !== undefined && { client_tls_ca_file: "clients.pem" }),
  };
}

/** A setting without a meaning here, which tells whether the last change of the configuration was taken. */
export const MARKER = "syslog_ident";

/** The files of a pgbouncer that listens on a port of loopback; the mark is shown by its console once it has read them. */
export function pgbouncerFiles(config: PgbouncerConfig, port: number, mark = "start"): Files {
  const { mode = "session", poolSize = 20, settings = {}, databases = {}, users = {} } = config;
  const { hostname, port: upstreamPort, user, password } = readUpstream(config.upstream);
  const server = { host: hostname, port: String(upstreamPort) };
  const entries = Object.entries(databases)
    .map(([name, own]) => `${name} = ${formatPairs({ ...server, ...own })}\n`);
  const all = {
    listen_addr: "127.0.0.1",
    listen_port: String(port),
    unix_socket_dir: "",
    auth_type: "scram-sha-256",
    auth_file: "users.txt",
    auth_user: user,
    admin_users: user,
    pool_mode: mode,
    default_pool_size: String(poolSize),
    max_client_conn: "2000",
    // What the usual clients of PostgreSQL send without being asked.
    ignore_startup_parameters: "extra_float_digits",
    // A server that is back is used again after 1 s, not 15; a client that waits is told so after 10 s, not 120.
    server_login_retry: "1",
    query_wait_timeout: "10",
    log_connections: "0",
    log_disconnections: "0",
    ...(config.tls && tlsSettings(config.tls)),
    ...settings,
    // The last: pgbouncer stops at what it does not understand.
    [MARKER]: mark,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`);
  return {
    "pgbouncer.ini": `[databases]\n${entries.join("")}* = ${formatPairs(server)}\n\n` +
      `[pgbouncer]\n${lines.join("")}`,
    "users.txt": Object.entries({ ...users, [user]: password }).map(userLine).join(""),
    ...(config.tls && { "server.pem": config.tls.certificate, "server.key": config.tls.key }),
    ...(config.tls?.clientAuthority && { "clients.pem": config.tls.clientAuthority }),
  };
}
