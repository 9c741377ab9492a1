/**
 * A pooler for PostgreSQL: many clients on few server connections, by session or by transaction.
 *
 * Each pair of user and database has a pool of its own, with a limit, a queue and a time to wait (`Pool` of
 * `systems/pool`): one tenant cannot take what is another's. Who is not in the table is refused with 28000 and costs
 * the server nothing; who is proves its password here (SCRAM-SHA-256). A queue that is full answers 53300 at once. What
 * a pooling mode does to session state is in `client_connection.ts`, prepared statements in `pending_answers.ts`.
 *
 * Simplified: no TLS (SSLRequest is answered with N), simple names of parameters only at login, no `LISTEN` or `SET` kept
 * across transactions: those need session mode, as with other poolers.
 *
 * @example
 * ```ts
 * import { PgProxy } from "lib/systems/pg_proxy/pg_proxy.ts";
 * import { PgClient } from "lib/systems/pgwire/pg_client.ts";
 * import { assertRejects } from "@std/assert";
 *
 * const tenant = { user: "ann", database: "shop", password: "secret", max: 10 };
 * await using proxy = await PgProxy.start({
 *   upstream: { hostname: "127.0.0.1", port: 1 }, // nobody there: nobody is asked
 *   mode: "transaction",
 *   tenants: [tenant],
 * });
 * const eve = { hostname: "127.0.0.1", port: proxy.port, user: "eve", database: "shop" };
 * await assertRejects(() => PgClient.connect(eve), Error, "eve@shop");
 * ```
 *
 * @module
 */
import * as backend from "../pgwire/backend.ts";
import * as frontend from "../pgwire/frontend.ts";
import { PayloadReader, readStartup } from "../pgwire/decode.ts";
import { MessageReader } from "../pgwire/message_reader.ts";
import { concat } from "../pgwire/message_writer.ts";
import { PgError, ProtocolError } from "../pgwire/protocol_error.ts";
import { SocketWriter } from "../pgwire/socket_writer.ts";
import { ClientConnection, type PoolingMode } from "./client_connection.ts";
import { authenticate } from "./authenticate.ts";
import { StatementNames } from "./statements.ts";
import { type Tenant, TenantPool, type TraceRecord, type Upstream } from "./tenant_pool.ts";

export type { PoolingMode, Tenant, TraceRecord, Upstream };

export interface PgProxyOptions {
  upstream: Upstream;
  mode: PoolingMode;
  tenants: readonly Tenant[];
  port?: number;
  /** Of one message. Default: 16 MiB. */
  maxMessageBytes?: number;
  /** Transactions that `traces` remembers. Default: 1000. */
  traceLength?: number;
  nowMs?: () => number;
}

/** Parameters that a client may send at login; the server would have to be told of all others. */
const KNOWN_PARAMETERS = ["user", "database", "application_name", "client_encoding"];
const READ_BYTES = 4096;

export class PgProxy implements AsyncDisposable {
  readonly port: number;
  readonly mode: PoolingMode;
  /** By `user@database`. */
  readonly tenants: ReadonlyMap<string, TenantPool>;
  /** The last transactions. */
  readonly traces: TraceRecord[] = [];
  /** Logins that were refused. */
  refused = 0;
  #options: PgProxyOptions;
  #listener: Deno.TcpListener;
  #clients = new Map<number, { secret: number; client: ClientConnection }>();
  #connections = new Set<Deno.TcpConn>();
  #nextPid = 1;
  #names = new StatementNames();
  #serving = new Set<Promise<void>>();
  #isClosed = false;

  private constructor(options: PgProxyOptions, listener: Deno.TcpListener) {
    this.#options = options;
    this.#listener = listener;
    this.port = listener.addr.port;
    this.mode = options.mode;
    const { tenants, upstream, nowMs } = options;
    const pools = tenants.map((tenant) => new TenantPool(tenant, upstream, nowMs));
    this.tenants = new Map(pools.map((pool) => [pool.name, pool]));
    this.#accept();
  }

  /** Listens on a loopback port, a free one by default. */
  // deno-lint-ignore require-await -- as all services start
  static async start(options: PgProxyOptions): Promise<PgProxy> {
    return new PgProxy(
      options,
      Deno.listen({ hostname: "127.0.0.1", port: options.port ?? 0 }),
    );
  }

  /** Clients that are logged in. */
  get clients(): number {
    return this.#clients.size;
  }

  tenant(name: string): TenantPool {
    const tenant = this.tenants.get(name);
    if (tenant !== undefined) return tenant;
    throw new RangeError(
      `Cannot find tenant: name must be one of ${
        [...this.tenants.keys()].join(", ")
      }: received ${name}`,
    );
  }

  /** Sends all tenants to another server; what is connected to the old one is cut. */
  reroute(upstream: Upstream): void {
    for (const tenant of this.tenants.values()) tenant.reroute(upstream);
  }

  /** Stops accepting and waits for the clients to leave by themselves. */
  async drain(): Promise<void> {
    this.#stopListening();
    await Promise.all(this.#serving);
    await this.close();
  }

  /** Cuts all clients and ends all server connections. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopListening();
    for (const connection of this.#connections) closeQuietly(connection);
    await Promise.all([...this.tenants.values()].map((tenant) => tenant.close()));
    await Promise.all(this.#serving);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #stopListening(): void {
    try {
      this.#listener.close();
    } catch {
      // Closed already.
    }
  }

  async #accept(): Promise<void> {
    for (;;) {
      const connection = await this.#listener.accept().catch(() => undefined);
      if (connection === undefined) return;
      // It came while we closed: nobody would cut it any more.
      if (this.#isClosed) return closeQuietly(connection);
      this.#connections.add(connection);
      const served = this.#serve(connection).catch(() => {}).finally(() => {
        closeQuietly(connection);
        this.#connections.delete(connection);
        this.#serving.delete(served);
      });
      this.#serving.add(served);
    }
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    connection.setNoDelay(true);
    const reader = new MessageReader({ startup: true, maxBytes: this.#options.maxMessageBytes });
    const writer = new SocketWriter(connection);
    const buffer = new Uint8Array(READ_BYTES);
    const next = async () => {
      while (!reader.next()) {
        const read = await connection.read(buffer);
        if (read === null) throw new ProtocolError("Cannot log in: the client left half-way");
        reader.push(buffer.subarray(0, read));
      }
      return reader.payload;
    };
    try {
      const client = await this.#login(connection, reader, writer, next);
      if (client === undefined) return;
      const pid = this.#nextPid++;
      const [secret] = crypto.getRandomValues(new Int32Array(1));
      this.#clients.set(pid, { secret, client });
      try {
        await this.#welcome(client, writer, { pid, secret });
        await client.run();
      } finally {
        this.#clients.delete(pid);
        await client.leave();
      }
    } catch (error) {
      const code = error instanceof PgError ? error.code : "08P01";
      const message = (error as Error).message;
      await writer.write(backend.errorResponse({ code, message, severity: "FATAL" }));
    }
  }

  /** From the first bytes to a password that is right; undefined for a CancelRequest. */
  async #login(
    connection: Deno.TcpConn,
    reader: MessageReader,
    writer: SocketWriter,
    next: () => Promise<Uint8Array>,
  ): Promise<ClientConnection | undefined> {
    for (;;) {
      const payload = await next();
      const fields = new PayloadReader(payload);
      const code = fields.int32();
      if (code === frontend.SSL_REQUEST || code === frontend.GSSENC_REQUEST) {
        await writer.write(new TextEncoder().encode("N"));
        continue;
      }
      if (code === frontend.CANCEL_REQUEST) {
        await this.#cancel(fields.int32(), fields.int32());
        return undefined;
      }
      if (code >> 16 !== 3) {
        throw new ProtocolError(`Cannot log in: protocol must be 3.0: received ${code >> 16}`);
      }
      const parameters = readStartup(payload);
      const tenant = this.#admit(parameters);
      reader.startupDone();
      await authenticate(tenant, writer, next);
      return new ClientConnection(connection, reader, writer, tenant, {
        mode: this.mode,
        service: parameters.application_name ?? "",
        names: this.#names,
        nowMs: this.#options.nowMs ?? (() => performance.now()),
        traced: (record) => this.#trace(record),
      });
    }
  }

  #admit(parameters: Record<string, string>): TenantPool {
    const { user = "", database = user } = parameters;
    const tenant = this.tenants.get(`${user}@${database}`);
    if (tenant === undefined) {
      this.refused++;
      throw new PgError("28000", `no entry for ${user}@${database} in the table of pools`, "FATAL");
    }
    const unknown = Object.keys(parameters).find((name) => !KNOWN_PARAMETERS.includes(name));
    if (unknown === undefined) return tenant;
    throw new PgError("08P01", `unsupported startup parameter: ${unknown}`, "FATAL");
  }

  async #welcome(
    client: ClientConnection,
    writer: SocketWriter,
    key: { pid: number; secret: number },
  ): Promise<void> {
    const parameters = this.mode === "session"
      ? (await client.begin()).parameters
      : await client.tenant.parameters();
    await writer.write(concat([
      backend.authenticationOk(),
      ...parameters.map(([name, value]) => backend.parameterStatus(name, value)),
      backend.backendKeyData(key),
      backend.readyForQuery("I"),
    ]));
  }

  async #cancel(pid: number, secret: number): Promise<void> {
    const found = this.#clients.get(pid);
    if (found?.secret === secret) await found.client.cancel();
  }

  #trace(record: TraceRecord): void {
    const { traceLength = 1000 } = this.#options;
    this.traces.push(record);
    if (this.traces.length >= 2 * traceLength) this.traces.splice(0, traceLength);
  }
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}
