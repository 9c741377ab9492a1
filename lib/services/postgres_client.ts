/**
 * The PostgreSQL client of notebooks: postgres.js, configured as in production.
 *
 * It gives up a connect after 2 s, a statement after 10 s and a server that says nothing 1 s later; it opens at most 10
 * connections, and opens lost ones again with a growing delay of at most 1 s. A `bigint` comes as a number, and is an
 * error where a number cannot hold it.
 *
 * @module
 */
import postgresJs from "postgres";
import { openSocket } from "./postgres_socket.ts";

/** A pool of connections: `` await sql`select ${1} + 1 as sum` ``. */
export type Sql = postgresJs.Sql<{ bigint: number }>;

export interface ClientOptions {
  /** Connections at most. Default: 10. */
  max?: number;
  /** How long a statement may take. Default: what the database says, 10,000. */
  statementTimeoutMs?: number;
  /** Shown in pg_stat_activity. Default: "workshop". */
  applicationName?: string;
  /** Prepare statements on the server. Default: true; not through a pooler that shares connections. */
  prepare?: boolean;
}

const CONNECT_TIMEOUT_MS = 2000;
/** How long a statement may take unless told otherwise. */
export const STATEMENT_TIMEOUT_MS = 10_000;
const ANSWER_GRACE_MS = 1000;

function parseBigint(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError(
    `Cannot read bigint: value must be within 2^53 of 0: received ${text}. Cast it to text`,
  );
}

/** Where to connect, when a socket of ours can: one host, no TLS. */
function plainAddress(url: string): { hostname: string; port: number } | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port, searchParams } = new URL(url);
  const tls = searchParams.get("sslmode") ?? searchParams.get("ssl") ?? "disable";
  if (hostname === "" || hostname.includes(",") || tls !== "disable") return undefined;
  return { hostname, port: Number(port || 5432) };
}

/** What only services themselves ask for. */
export interface InternalOptions {
  /** The limit that the database itself sets to statements. Default: 10,000. */
  databaseTimeoutMs?: number;
  /** The first connection asks which types are arrays. Default: true; some servers cannot answer. */
  fetchTypes?: boolean;
}

/** A pool for the database at an address; it connects with the first query. */
export function openClient(url: string, options: ClientOptions & InternalOptions = {}): Sql {
  const { max = 10, prepare = true, applicationName = "workshop", fetchTypes = true } = options;
  const { statementTimeoutMs, databaseTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
  const address = plainAddress(url);
  const answerTimeoutMs = (statementTimeoutMs ?? databaseTimeoutMs) + ANSWER_GRACE_MS;
  const socket = address && (() => openSocket({ ...address, answerTimeoutMs }));
  return postgresJs(url, {
    max,
    prepare,
    fetch_types: fetchTypes,
    connect_timeout: CONNECT_TIMEOUT_MS / 1000,
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 1),
    connection: {
      application_name: applicationName,
      // Only where it differs: a pooler lets no settings through.
      ...(statementTimeoutMs === undefined ? {} : { statement_timeout: statementTimeoutMs }),
    },
    // Notices would be printed, and land in whichever cell runs.
    onnotice: () => {},
    types: { bigint: { to: 20, from: [20], serialize: String, parse: parseBigint } },
    // Documented, but not among the types.
    ...({ socket } as object),
  });
}

/** Ends a pool: half a second for what is on its way, then at once. */
export async function closeClient(sql: Sql): Promise<void> {
  await sql.end({ timeout: 0.5 });
}
