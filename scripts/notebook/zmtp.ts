/**
 * A client of ZMTP 3.0, the wire protocol of ZeroMQ, as far as a Jupyter kernel needs it.
 *
 * Both sides send a greeting of 64 octets and a READY command. After that a message is one or more
 * frames: an octet of flags (1 more frames follow, 2 long, 4 command), a length of one octet or eight,
 * the body. A SUB socket subscribes by a message of octet 1 and the topic; the empty topic is all.
 *
 * Simplified: no authentication but NULL (the messages themselves are signed) and no reconnection:
 * a kernel that is gone is gone.
 *
 * @example
 * ```ts
 * import { encodeMessage } from "./zmtp.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const ab = new TextEncoder().encode("ab");
 * assertEquals([...encodeMessage([ab, new Uint8Array()])], [1, 2, 97, 98, 0, 0]);
 * ```
 *
 * @see https://rfc.zeromq.org/spec/23/
 * @module
 */

const MORE = 1;
const LONG = 2;
const COMMAND = 4;

/** A message's frames on the wire: the bytes of one write. */
export function encodeMessage(frames: Uint8Array[]): Uint8Array {
  return concat(frames.map((body, i) => encodeFrame(body, i < frames.length - 1 ? MORE : 0)));
}

function encodeFrame(body: Uint8Array, flags: number): Uint8Array {
  if (body.length < 256) return concat([Uint8Array.of(flags, body.length), body]);
  const head = new Uint8Array(9);
  head[0] = flags | LONG;
  new DataView(head.buffer).setBigUint64(1, BigInt(body.length));
  return concat([head, body]);
}

function concat(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function greeting(): Uint8Array {
  const octets = new Uint8Array(64);
  octets[0] = 0xff;
  octets[9] = 0x7f;
  octets[10] = 3; // version 3.0
  octets.set(ascii("NULL"), 12);
  return octets;
}

function readyCommand(socketType: string): Uint8Array {
  const length = new Uint8Array([0, 0, 0, socketType.length]);
  const body = [ascii("\x05READY"), ascii("\x0bSocket-Type"), length, ascii(socketType)];
  return encodeFrame(concat(body), COMMAND);
}

/** One connection to a ZeroMQ socket that listens on this machine. */
export class ZmtpSocket {
  #connection: Deno.TcpConn;
  #chunk = new Uint8Array(64 * 1024);
  #unread = new Uint8Array();
  #sending: Promise<void> = Promise.resolve();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /**
   * Connects to a loopback port and shakes hands; a SUB socket also subscribes to everything.
   *
   * @throws {Deno.errors.ConnectionRefused} when nothing listens there
   * @throws {SyntaxError} when what listens there does not speak ZMTP 3
   */
  static async connect(socketType: "DEALER" | "SUB", port: number): Promise<ZmtpSocket> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay();
    const socket = new ZmtpSocket(connection);
    try {
      await socket.#write(greeting());
      const peer = await socket.#read(64);
      if (peer?.[0] !== 0xff || peer[10] < 3) {
        throw new SyntaxError(
          `Cannot connect to port ${port}: its greeting must be that of ZMTP 3: received ` +
            (peer ? `octets ${peer.subarray(0, 12).join(" ")}` : "nothing"),
        );
      }
      await socket.#write(readyCommand(socketType));
      if (!await socket.#readFrame()) {
        throw new SyntaxError(
          `Cannot connect to port ${port}: a READY command must follow: received nothing`,
        );
      }
      if (socketType === "SUB") await socket.send([Uint8Array.of(1)]);
    } catch (error) {
      socket.close();
      throw error;
    }
    return socket;
  }

  /** Sends one message; messages go out whole, in the order of the calls. */
  send(frames: Uint8Array[]): Promise<void> {
    this.#sending = this.#sending.then(() => this.#write(encodeMessage(frames)));
    return this.#sending;
  }

  /** The messages that arrive, until the peer or `close()` ends the connection. */
  async *messages(): AsyncGenerator<Uint8Array[]> {
    let frames: Uint8Array[] = [];
    for (;;) {
      const frame = await this.#readFrame();
      if (!frame) return;
      if (frame.flags & COMMAND) continue;
      frames.push(frame.body);
      if (frame.flags & MORE) continue;
      yield frames;
      frames = [];
    }
  }

  close(): void {
    try {
      this.#connection.close();
    } catch {
      // It is closed already.
    }
  }

  async #readFrame(): Promise<{ flags: number; body: Uint8Array } | undefined> {
    const flags = (await this.#read(1))?.[0];
    if (flags === undefined) return undefined;
    const head = await this.#read(flags & LONG ? 8 : 1);
    if (!head) return undefined;
    const size = flags & LONG ? Number(new DataView(head.buffer).getBigUint64(0)) : head[0];
    const body = await this.#read(size);
    return body && { flags, body };
  }

  /** Exactly `size` bytes, or `undefined` when the connection ends before. */
  async #read(size: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      if (this.#unread.length === 0) {
        const count = await this.#connection.read(this.#chunk).catch(() => null);
        if (count === null) return undefined;
        this.#unread = this.#chunk.subarray(0, count);
      }
      const part = this.#unread.subarray(0, size - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#unread = this.#unread.subarray(part.length);
    }
    return bytes;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.length) at += await this.#connection.write(bytes.subarray(at));
  }
}
