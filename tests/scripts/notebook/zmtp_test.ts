import { assertEquals, assertRejects } from "@std/assert";
import { encodeMessage, ZmtpSocket } from "../../../scripts/notebook/zmtp.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (text: string) => new TextEncoder().encode(text);

/** The other side of one connection, as bytes. */
class Peer {
  readonly #connection: Deno.Conn;

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  async read(size: number): Promise<Uint8Array> {
    const buffer = new Uint8Array(size);
    for (let filled = 0; filled < size;) {
      filled += await this.#connection.read(buffer.subarray(filled)) ?? size;
    }
    return buffer;
  }

  /** Writes in pieces of at most `piece` bytes, each a packet of its own. */
  async write(whole: Uint8Array, piece = whole.length): Promise<void> {
    for (let at = 0; at < whole.length;) {
      at += await this.#connection.write(whole.subarray(at, at + piece));
      if (piece < whole.length) await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  /** What a ROUTER or PUB socket of a kernel says before the first message. */
  async shakeHands(type: string): Promise<string> {
    const greeting = new Uint8Array(64);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0, ...bytes("NULL")]);
    await this.write(greeting, 7);
    await this.read(64);
    const body = [...bytes("\x05READY\x0bSocket-Type"), 0, 0, 0, type.length, ...bytes(type)];
    await this.write(new Uint8Array([4, body.length, ...body]), 5);
    const [flags, size] = await this.read(2);
    assertEquals(flags, 4);
    return text(await this.read(size));
  }

  close(): void {
    this.#connection.close();
  }
}

/** Runs a client against a peer that answers as `serve` says. */
async function against(
  serve: (peer: Peer) => Promise<void>,
  client: (port: number) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = listener.accept().then((connection) => serve(new Peer(connection)));
  await client(listener.addr.port);
  await serving;
  listener.close();
}

const take = async (socket: ZmtpSocket, count: number): Promise<string[][]> => {
  const messages: string[][] = [];
  for await (const frames of socket.messages()) {
    messages.push(frames.map(text));
    if (messages.length === count) break;
  }
  return messages;
};

Deno.test("encodeMessage() marks all frames but the last, and long ones", () => {
  assertEquals([...encodeMessage([bytes("a"), bytes("")])], [1, 1, 97, 0, 0]);
  assertEquals([...encodeMessage([new Uint8Array(255)]).subarray(0, 2)], [0, 255]);
  const long = encodeMessage([new Uint8Array(256), bytes("z")]);
  assertEquals([...long.subarray(0, 9)], [3, 0, 0, 0, 0, 0, 0, 1, 0]);
  assertEquals([...long.subarray(-3)], [0, 1, 122]);
});

Deno.test("ZmtpSocket.connect() shakes hands and subscribes to everything", () =>
  against(async (peer) => {
    assertEquals(await peer.shakeHands("PUB"), "\x05READY\x0bSocket-Type\0\0\0\x03SUB");
    assertEquals([...await peer.read(3)], [0, 1, 1]);
    peer.close();
  }, async (port) => (await ZmtpSocket.connect("SUB", port)).close()));

Deno.test("ZmtpSocket.messages() puts together frames that come in pieces", () =>
  against(async (peer) => {
    await peer.shakeHands("ROUTER");
    const stream = [
      ...encodeMessage([bytes("one"), bytes(""), bytes("x".repeat(300))]),
      ...[4, 2, 9, 9], // a command between messages
      ...encodeMessage([bytes("two")]),
    ];
    await peer.write(new Uint8Array(stream), 11);
    peer.close();
  }, async (port) => {
    const socket = await ZmtpSocket.connect("DEALER", port);
    assertEquals(await take(socket, 3), [["one", "", "x".repeat(300)], ["two"]]);
    socket.close();
  }));

Deno.test("ZmtpSocket.messages() reads frames of many megabytes, and small ones in one packet", () =>
  against(async (peer) => {
    await peer.shakeHands("PUB");
    const small = Array.from({ length: 1_000 }, (_, i) => [...encodeMessage([bytes(`${i}`)])]);
    await peer.write(new Uint8Array(small.flat()));
    await peer.write(encodeMessage([new Uint8Array(8 << 20).fill(65), bytes("end")]));
    peer.close();
  }, async (port) => {
    const socket = await ZmtpSocket.connect("DEALER", port);
    const messages = await take(socket, 1_001);
    assertEquals(messages.slice(0, 1_000).flat(), Array.from({ length: 1_000 }, (_, i) => `${i}`));
    assertEquals(messages[1_000].map((frame) => frame.length), [8 << 20, 3]);
    socket.close();
  }));

Deno.test("ZmtpSocket.messages() ends when a message is cut off", () =>
  against(async (peer) => {
    await peer.shakeHands("PUB");
    await peer.write(encodeMessage([bytes("whole")]));
    await peer.write(encodeMessage([bytes("half")]).subarray(0, 4));
    peer.close();
  }, async (port) => {
    const socket = await ZmtpSocket.connect("DEALER", port);
    assertEquals(await take(socket, 9), [["whole"]]);
    socket.close();
  }));

Deno.test("ZmtpSocket.send() keeps messages whole and in order", () =>
  against(async (peer) => {
    await peer.shakeHands("ROUTER");
    const expected = new Uint8Array([
      ...encodeMessage([new Uint8Array(1 << 20)]),
      ...encodeMessage([bytes("a"), bytes("b")]),
    ]);
    assertEquals(await peer.read(expected.length), expected);
    peer.close();
  }, async (port) => {
    const socket = await ZmtpSocket.connect("DEALER", port);
    await Promise.all([
      socket.send([new Uint8Array(1 << 20)]),
      socket.send([bytes("a"), bytes("b")]),
    ]);
    socket.close();
  }));

Deno.test("ZmtpSocket.connect() refuses a peer that speaks something else", () =>
  against(async (peer) => {
    await peer.write(bytes("HTTP/1.1 400 Bad Request\r\n".padEnd(80)));
    await peer.read(64);
    peer.close();
  }, async (port) => {
    await assertRejects(
      () => ZmtpSocket.connect("DEALER", port),
      SyntaxError,
      `Cannot connect to port ${port}: its greeting must be that of ZMTP 3: received octets 72 84`,
    );
  }));

Deno.test("ZmtpSocket.connect() says that a peer hung up", () =>
  against((peer) => Promise.resolve(peer.close()), async (port) => {
    await assertRejects(() => ZmtpSocket.connect("SUB", port), Error);
  }));
