/**
 * Writes to a socket in order: what is written while another write is under way follows it in one piece.
 *
 * @module
 */
import { concat } from "./message_writer.ts";

export class SocketWriter {
  #connection: Pick<Deno.TcpConn, "write">;
  #queued: Uint8Array[] = [];
  #running: Promise<void> | undefined;

  constructor(connection: Pick<Deno.TcpConn, "write">) {
    this.#connection = connection;
  }

  /** Resolves when the bytes are with the operating system; rejects when the connection is gone. */
  write(bytes: Uint8Array): Promise<void> {
    this.#queued.push(bytes);
    return this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#queued.length > 0) {
        const bytes = concat(this.#queued.splice(0));
        for (let done = 0; done < bytes.length;) {
          done += await this.#connection.write(done === 0 ? bytes : bytes.subarray(done));
        }
      }
    } finally {
      this.#running = undefined;
      this.#queued.length = 0;
    }
  }
}
