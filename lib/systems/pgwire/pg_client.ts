/**
 * A small PostgreSQL client on our codec: simple queries, one after the other, values as texts.
 *
 * Made for load and for tests, where what goes over the wire must be known: a query is one write and one answer. For
 * everything else there is node-postgres.
 *
 * @module
 */
import * as frontend from "./frontend.ts";
import { readColumns, readError, readRow } from "./decode.ts";
import { type LoggedIn, type Login, login, type ServerAddress } from "./login.ts";
import { PgError } from "./protocol_error.ts";
import type { TransactionStatus } from "./backend.ts";

export interface Answer {
  columns: string[];
  rows: (string | null)[][];
  /** Of the last statement, as `UPDATE 1`. */
  tag: string;
}

const decoder = new TextDecoder();

export class PgClient implements Disposable {
  /** Whether the last query left a transaction open. */
  status: TransactionStatus = "I";
  readonly #session: LoggedIn;
  #buffer = new Uint8Array(8192);

  private constructor(session: LoggedIn) {
    this.#session = session;
  }

  static async connect(options: Login): Promise<PgClient> {
    return new PgClient(await login(options));
  }

  get pid(): number {
    return this.#session.key.pid;
  }

  get parameters(): LoggedIn["parameters"] {
    return this.#session.parameters;
  }

  /** Runs a text of one or more statements. @throws {PgError} with what the server answers */
  query(sql: string): Promise<Answer> {
    return this.send(frontend.query(sql));
  }

  /** Sends messages that end with Query or Sync, and reads up to ReadyForQuery. */
  async send(bytes: Uint8Array): Promise<Answer> {
    const { connection, reader, writer } = this.#session;
    const answer: Answer = { columns: [], rows: [], tag: "" };
    let error: PgError | undefined;
    await writer.write(bytes);
    for (;;) {
      while (!reader.next()) {
        const read = await connection.read(this.#buffer);
        if (read === null) {
          throw error ?? new PgError("08006", "the connection was closed", "FATAL");
        }
        reader.push(this.#buffer.subarray(0, read));
      }
      switch (reader.type) {
        case 0x54: // T
          answer.columns = readColumns(reader.payload);
          break;
        case 0x44: // D
          answer.rows.push(readRow(reader.payload));
          break;
        case 0x43: // C
          answer.tag = decoder.decode(reader.payload.subarray(0, -1));
          break;
        case 0x45: // E
          error ??= readError(reader.payload);
          break;
        case 0x5a: // Z
          this.status = String.fromCharCode(reader.payload[0]) as TransactionStatus;
          if (error !== undefined) throw error;
          return answer;
      }
    }
  }

  /** Asks the server to stop what this connection is doing; over a connection of its own, as the protocol has it. */
  async cancel(address: ServerAddress): Promise<void> {
    await cancel(address, this.#session.key);
  }

  /** Says good-bye. */
  async end(): Promise<void> {
    await this.#session.writer.write(frontend.terminate()).catch(() => {});
    this[Symbol.dispose]();
  }

  /** Cuts the connection. */
  [Symbol.dispose](): void {
    try {
      this.#session.connection.close();
    } catch {
      // Closed already.
    }
  }
}

/** Sends a CancelRequest. */
export async function cancel(
  { hostname, port }: ServerAddress,
  key: { pid: number; secret: number },
): Promise<void> {
  using connection = await Deno.connect({ hostname, port });
  await connection.write(frontend.cancelRequest(key));
  // The server closes when it has passed the request on.
  await connection.read(new Uint8Array(1)).catch(() => {});
}
