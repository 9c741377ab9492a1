/**
 * A socket for the PostgreSQL client that gives up on a server that accepts and then says nothing.
 *
 * postgres.js limits the time to connect, and PostgreSQL the time of a statement; neither helps when the server itself
 * is frozen or the network swallows everything. So this counts what is owed: each query, Sync and start-up by the client
 * is answered by one ReadyForQuery. When something is owed and nothing comes for `answerTimeoutMs`, the socket is
 * destroyed, and what waits for it is rejected. The same holds for a server that hangs up before it was ready, which
 * postgres.js would otherwise try again without end.
 *
 * Simplified: for connections without TLS, whose messages can be read.
 *
 * Source: PostgreSQL documentation, "Frontend/Backend Protocol", message formats.
 *
 * @module
 */
import { createConnection, type Socket } from "node:net";

const QUERY = 0x51;
const SYNC = 0x53;
const FLUSH = 0x48;
const READY_FOR_QUERY = 0x5a;

/** Counts the answers that a server still owes. */
export class Ledger {
  #owed = 0;
  #isFlushOwed = false;
  #header = new Uint8Array(5);
  #headerLength = 0;
  #skip = 0;
  /** Whether the server was ready once. */
  wasReady = false;

  get isOwed(): boolean {
    return this.#owed > 0 || this.#isFlushOwed;
  }

  /** Takes in whole messages of the client. */
  sent(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length;) {
      const type = bytes[at];
      // Only the start-up message has no type: it begins with its length.
      const isStartup = type === 0;
      if (isStartup || type === QUERY || type === SYNC) this.#owed++;
      if (type === FLUSH) this.#isFlushOwed = true;
      at += isStartup ? view.getUint32(at) : 1 + view.getUint32(at + 1);
    }
  }

  /** Takes in what came from the server, however it was cut. */
  received(bytes: Uint8Array): void {
    this.#isFlushOwed = false;
    for (let at = 0; at < bytes.length;) {
      if (this.#skip > 0) {
        const size = Math.min(this.#skip, bytes.length - at);
        this.#skip -= size;
        at += size;
        continue;
      }
      this.#header[this.#headerLength++] = bytes[at++];
      if (this.#headerLength < 5) continue;
      this.#headerLength = 0;
      this.#skip = new DataView(this.#header.buffer).getUint32(1) - 4;
      if (this.#header[0] !== READY_FOR_QUERY) continue;
      this.#owed--;
      this.wasReady = true;
    }
  }
}

export interface SocketOptions {
  hostname: string;
  port: number;
  /** How long the server may owe an answer without a word. */
  answerTimeoutMs: number;
}

/** Starts to connect; what is written meanwhile is sent then. */
export function openSocket({ hostname, port, answerTimeoutMs }: SocketOptions): Socket {
  const socket = createConnection({ host: hostname, port });
  const ledger = new Ledger();
  const write = socket.write;
  socket.write = function (this: Socket, ...args: unknown[]) {
    ledger.sent(args[0] as Uint8Array);
    return (write as (...args: unknown[]) => boolean).apply(this, args);
  } as typeof socket.write;
  socket.on("data", (bytes: Uint8Array) => ledger.received(bytes));
  // postgres.js loses a query that comes between a socket's error and its close: to it, both come at once.
  socket.on("error", () => queueMicrotask(() => socket.emit("close", true)));
  // Restarts with every byte in either direction.
  socket.setTimeout(answerTimeoutMs, () => {
    if (!ledger.isOwed) return;
    socket.destroy(
      new Error(
        `Cannot get an answer from PostgreSQL: it must come within ${answerTimeoutMs} ms: received nothing`,
      ),
    );
  });
  socket.on("end", () => {
    if (ledger.wasReady) return;
    socket.destroy(
      new Error(
        `Cannot connect to PostgreSQL: ${hostname}:${port} must answer: received the end of the connection`,
      ),
    );
  });
  return socket;
}
