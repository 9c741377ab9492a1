import { assertEquals, assertThrows } from "@std/assert";
import { Signer } from "../../../scripts/notebook/messages.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Frames of a reply as a kernel sends them, signed by Python's `hmac` with the key "key". */
const SIGNATURE = "ae593d1d647e0fb34678892249d2ea100ac13e4430669b19e87411d4bfc77748";
const PARTS = [
  `{"msg_id":"r","msg_type":"execute_reply"}`,
  `{"msg_id":"q"}`,
  `{}`,
  `{"status":"ok","text":"é"}`,
];
const reply = () => ["<IDS|MSG>", SIGNATURE, ...PARTS].map(bytes);

Deno.test("Signer.decode() reads a signed message", () => {
  assertEquals(new Signer("key").decode(reply()), {
    type: "execute_reply",
    parentId: "q",
    content: { status: "ok", text: "é" },
    bytes: 27,
  });
});

Deno.test("Signer.decode() skips identities and drops buffers", () => {
  const frames = [bytes("peer"), bytes("<IDS>"), ...reply(), new Uint8Array([1, 2])];
  assertEquals(new Signer("key").decode(frames).parentId, "q");
});

Deno.test("Signer.decode() refuses a message that was changed or signed with another key", () => {
  const message = "its signature must match";
  assertThrows(() => new Signer("other").decode(reply()), SyntaxError, message);
  const changed = reply();
  changed[5] = bytes(`{"status":"ok","text":"e"}`);
  assertThrows(() => new Signer("key").decode(changed), SyntaxError, message);
  const unsigned = reply();
  unsigned[1] = bytes("");
  assertThrows(() => new Signer("key").decode(unsigned), SyntaxError, message);
});

Deno.test("Signer.decode() refuses frames that are no message", () => {
  const signer = new Signer("key");
  assertThrows(() => signer.decode([]), SyntaxError, "received 0 frames");
  assertThrows(() => signer.decode(reply().slice(1)), SyntaxError, "must have a delimiter");
  assertThrows(() => signer.decode(reply().slice(0, 5)), SyntaxError, "received 5 frames");
});

Deno.test("Signer.encode() gives each request an id of its own, in one session", () => {
  const signer = new Signer("key");
  const requests = [1, 2].map(() => signer.encode("kernel_info_request", {}));
  const headers = requests.map(({ frames }) => JSON.parse(new TextDecoder().decode(frames[2])));
  assertEquals(headers.map(({ msg_id }) => msg_id), requests.map(({ id }) => id));
  assertEquals(new Set(requests.map(({ id }) => id)).size, 2);
  assertEquals(headers[0].session, headers[1].session);
});
