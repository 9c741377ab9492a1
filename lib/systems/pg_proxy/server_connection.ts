/**
 * A connection of the proxy to the server: lent to one client at a time, made clean before the next one.
 *
 * It reads all the time, so that the death of an idle server is known before anybody is lent the connection. Answers go
 * to the client that holds it. It knows which answers are still to come (`outstanding` ReadyForQuery), whether a batch
 * was begun and not synchronised, and which statements were prepared on it.
 *
 * @module
 */
import * as frontend from "../pgwire/frontend.ts";
import { readError } from "../pgwire/decode.ts";
import { type LoggedIn, type Login, login } from "../pgwire/login.ts";
import type { MessageReader } from "../pgwire/message_reader.ts";
import { concat } from "../pgwire/message_writer.ts";
import { cancel } from "../pgwire/pg_client.ts";
import type { PgError } from "../pgwire/protocol_error.ts";
import type { TransactionStatus } from "../pgwire/backend.ts";
import { PendingAnswers } from "./pending_answers.ts";

/** Who holds a server connection and gets what it says. */
export interface Holder {
  /** Called with each chunk; `ready` when it brought the last ReadyForQuery that was awaited. */
  receive(bytes: Uint8Array, ready: boolean): Promise<void> | undefined;
  /** The server is gone; `error` is what it said last. */
  lost(error: PgError | undefined): void;
}

const READ_BYTES = 32 << 10;

export class ServerConnection {
  /** Changes when all connections to a server are given up together. */
  readonly generation: number;
  readonly parameters: LoggedIn["parameters"];
  status: TransactionStatus = "I";
  isOpen = true;
  /** ReadyForQuery that will still come. */
  outstanding = 0;
  /** Whether messages of a batch were sent without their Sync. */
  isUnsynced = false;
  readonly pending = new PendingAnswers();
  #session: LoggedIn;
  #address: { hostname: string; port: number };
  #holder: Holder | undefined;
  #isCopyingIn = false;
  #lastError: PgError | undefined;

  private constructor(session: LoggedIn, options: Login, generation: number) {
    this.#session = session;
    this.#address = options;
    this.generation = generation;
    this.parameters = session.parameters;
    this.#readOn();
  }

  static async connect(options: Login, generation = 0): Promise<ServerConnection> {
    return new ServerConnection(await login(options), options, generation);
  }

  get pid(): number {
    return this.#session.key.pid;
  }

  hold(holder: Holder): void {
    this.#holder = holder;
  }

  letGo(): void {
    this.#holder = undefined;
  }

  /** Sends what the holder's client sent. */
  send(bytes: Uint8Array): Promise<void> {
    return this.#session.writer.write(bytes);
  }

  /** Asks the server to stop the running query. */
  async cancel(): Promise<void> {
    await cancel(this.#address, this.#session.key);
  }

  /** Makes the connection as new for the next client; false when it must be thrown away. */
  async reset(timeoutMs: number): Promise<boolean> {
    if (!this.isOpen) return false;
    const limit = Promise.withResolvers<false>();
    const timer = setTimeout(() => limit.resolve(false), timeoutMs);
    try {
      return await Promise.race([this.#clean(), limit.promise]);
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
      this.letGo();
    }
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#session.writer.write(frontend.terminate()).catch(() => {}).finally(() => {
      try {
        this.#session.connection.close();
      } catch {
        // Closed already.
      }
    });
    this.#holder?.lost(undefined);
  }

  async #clean(): Promise<boolean> {
    if (this.#isCopyingIn) await this.send(frontend.copyFail("the client is gone"));
    if (this.isUnsynced) {
      this.isUnsynced = false;
      this.outstanding++;
      this.pending.sync();
      await this.send(frontend.sync());
    }
    if (this.outstanding > 0) {
      const ready = this.#whenReady();
      await this.cancel();
      if (!await ready) return false;
    }
    if (this.status !== "I" && !await this.#run("ROLLBACK")) return false;
    this.pending.forgetStatements();
    return await this.#run("DISCARD ALL") && this.status === "I";
  }

  async #run(sql: string): Promise<boolean> {
    const ready = this.#whenReady();
    this.outstanding++;
    this.pending.sync();
    await this.send(frontend.query(sql));
    return await ready;
  }

  #whenReady(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.hold({
      receive: (_, ready) => {
        if (ready) resolve(true);
        return undefined;
      },
      lost: () => resolve(false),
    });
    return promise;
  }

  async #readOn(): Promise<void> {
    const { connection, reader } = this.#session;
    const buffer = new Uint8Array(READ_BYTES);
    try {
      this.#take(reader); // what came with the last message of the login
      for (;;) {
        const read = await connection.read(buffer);
        if (read === null) break;
        reader.push(buffer.subarray(0, read));
        await this.#take(reader);
      }
    } catch {
      // A connection that is reset is as gone as one that is closed.
    }
    if (!this.isOpen) return;
    this.isOpen = false;
    try {
      connection.close();
    } catch {
      // Closed already.
    }
    this.#holder?.lost(this.#lastError);
  }

  /** Hands whole messages to the holder, in as few pieces as they came. */
  #take(reader: MessageReader): Promise<void> | undefined {
    let pieces: Uint8Array[] | undefined;
    let run: Uint8Array | undefined;
    let ready = false;
    while (reader.next()) {
      const { bytes } = reader;
      const forwarded = this.#note(reader, bytes);
      if (reader.type === 0x5a) ready = this.outstanding === 0;
      if (forwarded === undefined) continue;
      const isNext = run !== undefined && run.buffer === forwarded.buffer &&
        run.byteOffset + run.length === forwarded.byteOffset;
      if (isNext) {
        run = new Uint8Array(run!.buffer, run!.byteOffset, run!.length + forwarded.length);
        continue;
      }
      if (run !== undefined) (pieces ??= []).push(run);
      run = forwarded;
    }
    if (run === undefined && !ready) return undefined;
    if (pieces !== undefined) {
      if (run !== undefined) pieces.push(run);
      run = concat(pieces);
    }
    return this.#holder?.receive(run ?? new Uint8Array(0), ready);
  }

  /** Keeps track of what a message means; returns what the client is to see of it. */
  #note(reader: MessageReader, bytes: Uint8Array): Uint8Array | undefined {
    switch (reader.type) {
      case 0x5a: // Z: ready
        this.status = String.fromCharCode(bytes[5]) as TransactionStatus;
        this.outstanding = Math.max(0, this.outstanding - 1);
        this.#isCopyingIn = false;
        this.pending.ready();
        return bytes;
      case 0x45: // E: error
        this.#lastError = readError(reader.payload);
        this.pending.failed();
        return bytes;
      case 0x47: // G: send your rows
        this.#isCopyingIn = true;
        return bytes;
      case 0x31: // 1: parsed
      case 0x33: // 3: closed
        return this.pending.answer(bytes);
      default:
        return bytes;
    }
  }
}
