/**
 * The configuration of an HAProxy in front of some servers.
 *
 * @example
 * ```ts
 * import { balancerConfig } from "./haproxy_config.ts";
 * import { assertMatch } from "@std/assert";
 *
 * const servers = [{ hostname: "127.0.0.1", port: 6432 }];
 * const text = balancerConfig({ servers, mode: "tcp", balance: "leastconn" }, 5432);
 * assertMatch(text, /bind 127\.0\.0\.1:5432\n.*balance leastconn\n/s);
 * ```
 *
 * Source: HAProxy configuration manual.
 *
 * @module
 */
import type { ServerTls } from "./certificates.ts";
import type { Files } from "./folder_files.ts";

/** Where a connection or request goes: a process of ours. */
export interface BackendServer {
  hostname?: string;
  port: number;
  /** The name in statistics; a node has its own. Default: s1, s2 and so on. */
  name?: string;
  weight?: number;
  /** Takes connections only when no other server does. */
  isBackup?: boolean;
}

export interface HealthCheck {
  /** Default: 500. */
  intervalMs?: number;
  /** Failures until a server is down. Default: 2. */
  fall?: number;
  /** Successes until it is up again. Default: 1. */
  rise?: number;
  /** A path that must answer with 200 to 399. Default: that it accepts a connection, as a frozen server does too. */
  path?: string;
  /** A user for whom PostgreSQL, or pgbouncer, must ask for a password. */
  postgresUser?: string;
}

export interface BalancerConfig {
  servers: readonly BackendServer[];
  /** Default: "http". */
  mode?: "http" | "tcp";
  /** For example "leastconn", "random(2)", "source". Default: "roundrobin". */
  balance?: string;
  check?: HealthCheck;
  /** Encrypts connections of clients; with `clientAuthority` they must show a certificate that it has signed. */
  tls?: ServerTls;
}

/** The file of a certificate and its key, as HAProxy wants them. */
const CERTIFICATE = "server.pem";
const CLIENT_AUTHORITY = "clients.pem";

export function balancerFiles({ tls }: BalancerConfig): Files {
  return {
    ...(tls && { [CERTIFICATE]: tls.certificate + tls.key }),
    ...(tls?.clientAuthority && { [CLIENT_AUTHORITY]: tls.clientAuthority }),
  };
}

function checkLines({ path, postgresUser }: HealthCheck): string[] {
  if (path !== undefined) return ["option httpchk", `http-check send meth GET uri ${path}`];
  return postgresUser === undefined ? [] : [`option pgsql-check user ${postgresUser}`];
}

/** Sections for one port: a frontend, and the servers behind it. */
export function balancerConfig(config: BalancerConfig, port: number): string {
  const { servers, mode = "http", balance = "roundrobin", check = {}, tls } = config;
  const { intervalMs = 500, fall = 2, rise = 1 } = check;
  const bind = [
    `bind 127.0.0.1:${port}`,
    tls && `ssl crt ${CERTIFICATE}`,
    tls?.clientAuthority && `ca-file ${CLIENT_AUTHORITY} verify required`,
  ].filter(Boolean).join(" ");
  const headers = mode === "http" && tls?.clientAuthority
    ? [
      "http-request set-header X-Client-Name %[ssl_c_s_dn(CN)]",
      "http-request set-header X-Client-Organization %[ssl_c_s_dn(O)]",
    ]
    : [];
  const lines = servers.map(({ hostname = "127.0.0.1", port, name, weight, isBackup }, i) =>
    [
      `server ${name ?? `s${i + 1}`} ${hostname}:${port}`,
      `check inter ${intervalMs} fall ${fall} rise ${rise}`,
      weight !== undefined && `weight ${weight}`,
      isBackup && "backup",
    ].filter(Boolean).join(" ")
  );
  const section = (head: string, body: string[]) =>
    `${head}\n${body.map((line) => `  ${line}\n`).join("")}`;
  return section("frontend front", [`mode ${mode}`, bind, ...headers, "default_backend servers"]) +
    section("backend servers", [
      `mode ${mode}`,
      `balance ${balance}`,
      ...checkLines(check),
      ...lines,
    ]);
}

/** What comes before the sections of a notebook, which may say otherwise. */
export function haproxyPrelude(statusPort: number): string {
  return `global
  no strict-limits
  maxconn 4096
  stats socket ipv4@127.0.0.1:${statusPort} level admin
  log stdout format raw local0 notice
defaults
  log global
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout queue 5s
  retries 3
  option redispatch 1
`;
}
