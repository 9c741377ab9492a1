import { assertEquals, assertThrows } from "@std/assert";
import { InvalidEventError, parseEvent } from "lib/systems/presence/event.ts";

const NOW = 1_700_000_000_000;
const valid = Object.freeze({
  userId: "alice",
  deviceId: "phone",
  sessionId: NOW,
  seq: 0,
  state: "dnd",
  source: "manual",
  atMs: NOW,
  traceId: "t1",
});

Deno.test("parseEvent() returns the event and drops what is not part of it", () => {
  assertEquals(parseEvent({ ...valid, admin: true }, NOW) as unknown, valid);
  const ends = { ...valid, expiresMs: NOW + 1 };
  assertEquals(parseEvent(ends, NOW) as unknown, ends);
});

Deno.test("parseEvent() names the field, the rule and what was received", () => {
  const cases: [string, unknown, string][] = [
    ["state", "asleep", 'state must be one of dnd, online, away, offline, none: received "asleep"'],
    ["source", "guess", 'source must be one of manual, app, inferred: received "guess"'],
    ["seq", -1, "seq must be an integer of at least 0: received -1"],
    ["seq", 1.5, "seq must be an integer of at least 0: received 1.5"],
    ["seq", "1", 'seq must be an integer of at least 0: received "1"'],
    ["sessionId", undefined, "sessionId must be an integer of at least 0: received undefined"],
    ["atMs", 2 ** 53, "atMs must be an integer of at least 0: received 9007199254740992"],
    ["userId", "", 'userId must be 1 to 128 characters, no comma or control: received ""'],
    ["deviceId", "x".repeat(129), "deviceId must be 1 to 128 characters, no comma or control"],
    ["traceId", 7, "traceId must be 1 to 128 characters, no comma or control: received 7"],
    ["userId", "a,b", 'userId must be 1 to 128 characters, no comma or control: received "a,b"'],
    ["userId", "a\nb", "userId must be 1 to 128 characters, no comma or control"],
    ["expiresMs", NOW, `expiresMs must be a time after now (${NOW}): received ${NOW}`],
    ["expiresMs", "soon", "expiresMs must be a time after now"],
  ];
  for (const [name, value, message] of cases) {
    assertThrows(
      () => parseEvent({ ...valid, [name]: value }, NOW),
      InvalidEventError,
      `Cannot accept presence event: ${message}`,
    );
  }
  for (const value of [null, [], "event", 3]) {
    assertThrows(() => parseEvent(value, NOW), InvalidEventError, "it must be an object");
  }
});
