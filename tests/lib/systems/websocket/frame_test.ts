import { assert, assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import { acceptDeflate, deflateMessage } from "lib/systems/websocket/deflate.ts";
import {
  encodeClose,
  encodeFrame,
  FrameReader,
  maskFrame,
  WebSocketProtocolError,
} from "lib/systems/websocket/frame.ts";
import { handshakeResponse } from "lib/systems/websocket/handshake.ts";

const MASK = [0x37, 0xfa, 0x21, 0x3d];
const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("FrameReader.push() reads the examples of RFC 6455, 5.7", () => {
  const masked = [0x81, 0x85, ...MASK, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
  assertEquals(new FrameReader().push(Uint8Array.from(masked)), [
    { kind: "text", payload: encode("Hello") },
  ]);
  assertEquals([...maskFrame(encodeFrame("text", encode("Hello")), MASK)], masked);
  assertEquals([...encodeFrame("binary", new Uint8Array(256))].slice(0, 4), [0x82, 0x7e, 1, 0]);
  const long = [...encodeFrame("binary", new Uint8Array(65536))].slice(0, 10);
  assertEquals(long, [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
  assertEquals([...encodeClose(1000, "ok")], [0x88, 4, 3, 232, 111, 107]);
});

Deno.test("FrameReader.push() joins fragments around a ping, cut anywhere", () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = stream(seed, "frames");
    const text = "x".repeat(integer(random, 400));
    const first = encodeFrame("text", encode(text.slice(0, 100)));
    first[0] &= 0x7f;
    const last = encodeFrame("text", encode(text.slice(100)));
    last[0] = 0x80;
    const frames = [first, encodeFrame("ping", encode("p")), last].map((f) => maskFrame(f, MASK));
    const wire = Uint8Array.from(frames.flatMap((frame) => [...frame]));
    const reader = new FrameReader(), seen = [];
    for (let at = 0; at < wire.length;) {
      const next = at + 1 + integer(random, 50);
      seen.push(...reader.push(wire.slice(at, next)));
      at = next;
    }
    assertEquals(seen, [
      { kind: "ping", payload: encode("p") },
      { kind: "text", payload: encode(text) },
    ]);
  }
});

Deno.test("FrameReader.push() refuses what no client may send", () => {
  const masked = (frame: Uint8Array) => maskFrame(frame, MASK);
  const changed = (frame: Uint8Array, first: number) => {
    frame[0] = first;
    return masked(frame);
  };
  const hello = () => encodeFrame("text", encode("Hello"));
  const wrong: [Uint8Array, string, number][] = [
    [hello(), "no mask", 1002],
    [changed(hello(), 0xc1), "reserved bits", 1002],
    [changed(hello(), 0x83), "opcode 3", 1002],
    [changed(hello(), 0x80), "out of order", 1002],
    [changed(hello(), 0x09), "in fragments", 1002],
    [masked(encodeFrame("ping", new Uint8Array(126))), "too long", 1002],
    [masked(encodeFrame("text", new Uint8Array(70000))), "too long", 1009],
  ];
  for (const [bytes, because, code] of wrong) {
    const error = assertThrows(
      () => new FrameReader().push(bytes),
      WebSocketProtocolError,
      because,
    ) as WebSocketProtocolError;
    assertEquals(error.code, code);
  }
});

const HELLO = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

Deno.test("FrameReader.push() inflates the examples of RFC 7692, 7.2.3", () => {
  const examples: [string, ...number[][]][] = [
    ["one frame", [0xc1, 7, ...HELLO]],
    ["two fragments", [0x41, 3, 0xf2, 0x48, 0xcd], [0x80, 4, 0xc9, 0xc9, 0x07, 0x00]],
    ["a stored block", [0xc1, 11, 0, 5, 0, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0]],
    ["a final block", [0xc1, 8, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0, 0]],
    ["two blocks", [0xc1, 13, 0xf2, 0x48, 5, 0, 0, 0, 0xff, 0xff, 0xca, 0xc9, 0xc9, 7, 0]],
    ["not compressed", [0x81, 5, ...encode("Hello")]],
  ];
  const reader = new FrameReader({ inflates: true });
  for (const [name, ...frames] of examples) {
    const wire = frames.flatMap((frame) => [...maskFrame(Uint8Array.from(frame), MASK)]);
    assertEquals(
      reader.push(Uint8Array.from(wire)),
      [{ kind: "text", payload: encode("Hello") }],
      name,
    );
  }
});

Deno.test("FrameReader.push() refuses what cannot be inflated, is too long, or is no message", () => {
  const frame = (first: number, payload: number[]) =>
    maskFrame(Uint8Array.from([first, payload.length, ...payload]), MASK);
  const bomb = [...deflateMessage(new Uint8Array(9_000))];
  const wrong: [Uint8Array[], string, number][] = [
    [[frame(0xc1, [1, 2, 3, 255, 7, 7])], "cannot be inflated", 1007],
    [[frame(0xc1, bomb)], "too long", 1009],
    [[frame(0xc9, [])], "reserved bits", 1002],
    [[frame(0x41, HELLO.slice(0, 3)), frame(0xc0, HELLO.slice(3))], "reserved bits", 1002],
    [[frame(0xa1, HELLO)], "reserved bits", 1002],
  ];
  for (const [frames, because, code] of wrong) {
    const reader = new FrameReader({ inflates: true, maxBytes: 4096 });
    const error = assertThrows(
      () => frames.forEach((one) => reader.push(one)),
      WebSocketProtocolError,
      because,
    ) as WebSocketProtocolError;
    assertEquals(error.code, code);
  }
});

Deno.test("acceptDeflate() takes the first offer that lets all share a frame", () => {
  const plain = "permessage-deflate";
  const good = [
    plain,
    "permessage-deflate; client_max_window_bits",
    'Permessage-Deflate ; client_max_window_bits="9"; server_no_context_takeover',
    "x-webkit, permessage-deflate; server_max_window_bits=10, permessage-deflate",
    ["permessage-deflate; client_no_context_takeover"],
  ];
  const bad = [
    undefined,
    "",
    "x-webkit-deflate-frame",
    "permessage-deflate; server_max_window_bits=10",
    "permessage-deflate; client_max_window_bits=16",
    "permessage-deflate; client_max_window_bits=08",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; client_max_window_bits; client_max_window_bits=9",
    "permessage-deflate; unknown",
  ];
  for (const offer of good) assert(acceptDeflate(offer)?.startsWith(plain), `${offer}`);
  for (const offer of bad) assertEquals(acceptDeflate(offer), undefined, `${offer}`);
});

Deno.test("handshakeResponse() answers version 13 only", () => {
  const headers = {
    upgrade: "websocket",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
  };
  assert(handshakeResponse(headers)?.includes("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  assertEquals(handshakeResponse({ ...headers, "sec-websocket-version": "8" }), undefined);
  assertEquals(handshakeResponse({ ...headers, "sec-websocket-key": "short" }), undefined);
});
