/**
 * A client of the proxy, from its login to its end: borrows a server connection for a session or for a transaction.
 *
 * In transaction mode the connection is borrowed with the first message of a transaction, and goes back when
 * ReadyForQuery says `I` (idle) with nothing more on its way: never within a transaction (`T`, `E`), never within a batch
 * that has no Sync yet. In session mode it is borrowed at login and goes back, cleaned, at the end.
 *
 * @module
 */
import * as backend from "../pgwire/backend.ts";
import { MessageReader } from "../pgwire/message_reader.ts";
import { concat } from "../pgwire/message_writer.ts";
import { PgError, ProtocolError } from "../pgwire/protocol_error.ts";
import type { SocketWriter } from "../pgwire/socket_writer.ts";
import type { Lease } from "../pool/lease.ts";
import type { Holder, ServerConnection } from "./server_connection.ts";
import { ClientStatements, type StatementNames } from "./statements.ts";
import type { TenantPool, TraceRecord } from "./tenant_pool.ts";

export type PoolingMode = "session" | "transaction";

export interface ClientContext {
  mode: PoolingMode;
  /** What the client calls itself: `application_name`. */
  service: string;
  names: StatementNames;
  traced(record: TraceRecord): void;
  nowMs(): number;
}

const READ_BYTES = 16 << 10;
const RESET_TIMEOUT_MS = 5000;
/** Where to look for a connection sooner than asking again. */
const RETRY_HINT = "Wait with back-off and try again; the pool is in use.";

/** Types of a client's messages. */
const QUERY = 0x51, SYNC = 0x53, TERMINATE = 0x58, PARSE = 0x50, BIND = 0x42, DESCRIBE = 0x44;
const EXECUTE = 0x45, CLOSE = 0x43, FLUSH = 0x48, CALL = 0x46;
const COPY = [0x64, 0x63, 0x66];
const BATCH = [PARSE, BIND, DESCRIBE, EXECUTE, CLOSE, FLUSH];

export class ClientConnection implements Holder {
  readonly tenant: TenantPool;
  #connection: Deno.TcpConn;
  #reader: MessageReader;
  #writer: SocketWriter;
  #context: ClientContext;
  #statements: ClientStatements;
  #lease: Lease<ServerConnection> | undefined;
  /** After an error in a batch that was never sent: everything is skipped up to its Sync. */
  #isSkipping = false;
  #isGone = false;
  #gone = new AbortController();
  #waitMs = 0;
  #leasedMs = 0;

  constructor(
    connection: Deno.TcpConn,
    reader: MessageReader,
    writer: SocketWriter,
    tenant: TenantPool,
    context: ClientContext,
  ) {
    this.#connection = connection;
    this.#reader = reader;
    this.#writer = writer;
    this.tenant = tenant;
    this.#context = context;
    this.#statements = new ClientStatements(context.names);
  }

  /** Borrows the connection of a session. @throws {PgError} when there is none in time */
  async begin(): Promise<ServerConnection> {
    return await this.#borrow();
  }

  /** Serves the client until it leaves. */
  async run(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      for (let isOpen = true; isOpen;) {
        isOpen = await this.#forward();
        if (!isOpen) break;
        const read = await this.#connection.read(buffer);
        if (read === null) break;
        this.#reader.push(buffer.subarray(0, read));
      }
    } catch (error) {
      if (error instanceof ProtocolError) await this.fail("08P01", error.message);
    }
  }

  /** Tells the client why it is cut off. */
  async fail(code: string, message: string): Promise<void> {
    const bytes = backend.errorResponse({ code, message, severity: "FATAL" });
    await this.#writer.write(bytes).catch(() => {});
  }

  /** Asks the server to stop what this client is doing. */
  async cancel(): Promise<void> {
    const server = this.#lease?.resource;
    if (server !== undefined && server.outstanding > 0) await server.cancel();
  }

  cut(): void {
    try {
      this.#connection.close();
    } catch {
      // Closed already.
    }
  }

  receive(bytes: Uint8Array, ready: boolean): Promise<void> | undefined {
    const server = this.#lease!.resource;
    const isOver = ready && server.status === "I" && !server.isUnsynced;
    if (isOver) this.#noteTransaction();
    const isFree = isOver && this.#context.mode === "transaction";
    const copy = isFree ? bytes.slice() : bytes; // the next holder's answers come into the same buffer
    // A client that is gone is found by its own read.
    const written = bytes.length > 0 ? this.#writer.write(copy).catch(() => {}) : undefined;
    if (!isFree) return written;
    this.#giveBack();
    return undefined; // a slow client must not hold up the next
  }

  lost(error: PgError | undefined): void {
    const lease = this.#lease;
    this.#lease = undefined;
    lease?.release({ broken: true });
    if (this.#isGone) return;
    const isSaid = error !== undefined && error.severity !== "ERROR";
    const said = isSaid
      ? Promise.resolve()
      : this.fail("08006", "the connection to the server was lost");
    said.finally(() => this.cut());
  }

  /** Sends on all whole messages; false when the client says good-bye. */
  async #forward(): Promise<boolean> {
    let out: Uint8Array[] = [];
    const send = async () => {
      const bytes = out;
      out = [];
      if (bytes.length > 0) await this.#lease?.resource.send(concat(bytes));
    };
    while (this.#reader.next()) {
      const { type } = this.#reader;
      if (type === TERMINATE) {
        await send();
        return false;
      }
      if (this.#isSkipping && type !== SYNC) continue;
      if (this.#isSkipping) {
        this.#isSkipping = false;
        await this.#writer.write(backend.readyForQuery("I"));
        continue;
      }
      const { bytes } = this.#reader;
      if (this.#lease === undefined && !await this.#needServer(type)) continue;
      if (this.#lease === undefined) continue;
      out.push(this.#translate(type, bytes, this.#lease.resource));
    }
    await send();
    return true;
  }

  /** Gets a server for a message; answers with the error itself when there is none. */
  async #needServer(type: number): Promise<boolean> {
    if (COPY.includes(type)) return false; // of a COPY that has failed
    try {
      await this.#borrow();
      return true;
    } catch (error) {
      if (this.#isGone) return false;
      const { code, message, severity } = error as PgError;
      const hint = code === "53300" ? RETRY_HINT : undefined;
      await this.#writer.write(backend.errorResponse({ code, message, severity: "ERROR", hint }));
      if (severity === "FATAL" && code === "57P01") this.cut();
      if (BATCH.includes(type)) this.#isSkipping = true;
      else await this.#writer.write(backend.readyForQuery("I"));
      return false;
    }
  }

  #translate(type: number, bytes: Uint8Array, server: ServerConnection): Uint8Array {
    if (type === QUERY || type === SYNC || type === CALL) {
      server.outstanding++;
      server.pending.sync();
      server.isUnsynced = false;
      return bytes;
    }
    if (BATCH.includes(type)) {
      server.isUnsynced = true;
      return this.#statements.rewrite(type, bytes, server.pending);
    }
    if (COPY.includes(type)) return bytes;
    throw new ProtocolError(
      `Cannot read message: type must be one of a client's: received ${
        JSON.stringify(String.fromCharCode(type))
      }`,
    );
  }

  async #borrow(): Promise<ServerConnection> {
    const beganMs = this.#context.nowMs();
    const lease = await this.tenant.acquire(this.#context.service, this.#gone.signal);
    if (this.#isGone) {
      lease.release();
      throw new PgError("08006", "the client is gone");
    }
    this.#leasedMs = this.#context.nowMs();
    this.#waitMs = this.#leasedMs - beganMs;
    this.#lease = lease;
    lease.resource.hold(this);
    return lease.resource;
  }

  #noteTransaction(): void {
    const heldMs = this.#context.nowMs() - this.#leasedMs;
    this.tenant.transactions++;
    this.tenant.transactionMs.record(heldMs);
    this.#context.traced({
      tenant: this.tenant.name,
      atMs: this.#leasedMs,
      waitMs: this.#waitMs,
      heldMs,
    });
    if (this.#context.mode === "session") {
      this.#leasedMs = this.#context.nowMs();
      this.#waitMs = 0;
    }
  }

  #giveBack(): void {
    const lease = this.#lease!;
    this.#lease = undefined;
    lease.resource.letGo();
    lease.release();
  }

  /** Gives back what the client still holds. */
  async leave(): Promise<void> {
    this.#isGone = true;
    this.#gone.abort();
    const lease = this.#lease;
    if (lease === undefined) return;
    this.#lease = undefined;
    lease.resource.letGo();
    const isClean = await lease.resource.reset(RESET_TIMEOUT_MS);
    lease.release({ broken: !isClean });
  }
}
