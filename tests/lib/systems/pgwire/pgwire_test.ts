import { assert, assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import * as backend from "lib/systems/pgwire/backend.ts";
import { PayloadReader, readError, readRow, readStartup } from "lib/systems/pgwire/decode.ts";
import * as frontend from "lib/systems/pgwire/frontend.ts";
import { MessageReader } from "lib/systems/pgwire/message_reader.ts";
import { concat, message } from "lib/systems/pgwire/message_writer.ts";
import { ProtocolError } from "lib/systems/pgwire/protocol_error.ts";
import { ScramClient, ScramServer, verifier } from "lib/systems/pgwire/scram.ts";

/**
 * What psql 15.18 sent for `-U ann -d postgres -c "select 1 as one" -c "select * from nowhere"`, recorded between it
 * and PostgreSQL 18: SSLRequest, StartupMessage, SCRAM, a query, a query that fails, Terminate.
 */
const PSQL = Uint8Array.fromHex(
  "0000000804d2162f0000004f000300007573657200616e6e00646174616261736500706f737467726573006170706c69" +
    "636174696f6e5f6e616d65007073716c00636c69656e745f656e636f64696e6700555446380000" +
    "7000000036534352414d2d5348412d32353600000000206e2c2c6e3d2c723d33344c3332446c7072706f2b314870506e" +
    "4c56665163302b" +
    "700000006c633d626977732c723d33344c3332446c7072706f2b314870506e4c56665163302b474378544a5174796a" +
    "6272753739677a34542f7162516b5a2c703d345a3430324556674b693459584668636b753443657866504e466d586c" +
    "51596147595374534934356756383d" +
    "510000001473656c6563742031206173206f6e6500510000001a73656c656374202a2066726f6d206e6f776865726500" +
    "5800000004",
);
const NONCE = "34L32Dlprpo+1HpPnLVfQc0+";
const PROOF =
  `c=biws,r=${NONCE}GCxTJQtyjbru79gz4T/qbQkZ,p=4Z402EVgKi4YXFhcku4CexfPNFmXlQYaGYStSI45gV8=`;

Deno.test("frontend messages are those that psql sent, byte for byte", () => {
  const ours = concat([
    frontend.sslRequest(),
    frontend.startup({
      user: "ann",
      database: "postgres",
      application_name: "psql",
      client_encoding: "UTF8",
    }),
    frontend.saslInitial("SCRAM-SHA-256", new ScramClient("", { nonce: NONCE }).first()),
    frontend.saslResponse(PROOF),
    frontend.query("select 1 as one"),
    frontend.query("select * from nowhere"),
    frontend.terminate(),
  ]);
  assertEquals(ours, PSQL);
});

/** Types and lengths of all messages, cut wherever `cut` says. */
function split(bytes: Uint8Array, cut: () => number, startups: number): [number, number][] {
  const reader = new MessageReader({ startup: startups > 0 });
  const found: [number, number][] = [];
  const buffer = new Uint8Array(bytes.length); // reused, as a read buffer is
  for (let at = 0; at < bytes.length;) {
    const size = Math.min(cut(), bytes.length - at);
    buffer.set(bytes.subarray(at, at + size));
    reader.push(buffer.subarray(0, size));
    while (reader.next()) {
      found.push([reader.type, reader.bytes.length]);
      assertEquals(
        reader.bytes,
        bytes.subarray(
          at + size - reader.pending - reader.bytes.length,
          at + size - reader.pending,
        ),
      );
      if (found.length === startups) reader.startupDone();
    }
    buffer.fill(0xff);
    at += size;
  }
  assertEquals(reader.pending, 0);
  return found;
}

Deno.test("MessageReader finds the same messages however the stream is cut", () => {
  const whole = split(PSQL, () => PSQL.length, 2);
  assertEquals(whole.map(([type]) => String.fromCharCode(type)), [
    "\0",
    "\0",
    ..."ppQQX",
  ]);
  for (let size = 1; size < PSQL.length; size++) assertEquals(split(PSQL, () => size, 2), whole);
  const random = stream(1, "cut");
  for (let n = 0; n < 200; n++) {
    assertEquals(split(PSQL, () => 1 + integer(random, 60), 2), whole);
  }
});

Deno.test("MessageReader survives any bytes: a message, or a protocol error", () => {
  const random = stream(2, "noise");
  for (let n = 0; n < 2000; n++) {
    const reader = new MessageReader({ startup: n % 2 === 0, maxBytes: 1000 });
    try {
      for (let chunk = 0; chunk < 5; chunk++) {
        const bytes = Uint8Array.from({ length: integer(random, 40) }, () => integer(random, 256));
        if (random() < 0.8 && bytes.length > 3) bytes.fill(0, n % 2, 3);
        reader.push(bytes);
        while (reader.next()) assert(reader.bytes.length <= 1001);
      }
    } catch (error) {
      assert(error instanceof ProtocolError);
    }
    assert(reader.pending <= 1001 + 200);
  }
});

Deno.test("MessageReader refuses lengths that no message has", () => {
  const header = (length: number) => message("Q", { int32: length }).subarray(0, 5);
  const lengths: [number, string][] = [[3, "received 3"], [1 << 30, "received 1073741824"], [
    -1,
    "4294967295",
  ]];
  for (const [length, text] of lengths) {
    const reader = new MessageReader();
    const bytes = header(0).slice();
    new DataView(bytes.buffer).setInt32(1, length);
    reader.push(bytes);
    assertThrows(() => reader.next(), ProtocolError, text);
  }
  const startup = new MessageReader({ startup: true });
  startup.push(Uint8Array.of(0, 0, 0x40, 0));
  assertThrows(() => startup.next(), ProtocolError, "length must be 8 to 10000 bytes");
});

Deno.test("MessageReader keeps a large message that comes in small pieces", () => {
  const row = message("D", new Uint8Array(1 << 20).fill(7));
  const reader = new MessageReader();
  for (let at = 0; at < row.length; at += 1000) {
    assertEquals(reader.next(), false);
    reader.push(row.subarray(at, at + 1000));
  }
  assert(reader.next());
  assertEquals(reader.bytes, row);
});

Deno.test("decode reads what backend and frontend wrote", () => {
  const parameters = { user: "ann", database: "shop", application_name: "é" };
  assertEquals(readStartup(frontend.startup(parameters).subarray(4)), parameters);
  const error = readError(
    backend.errorResponse({ code: "28000", message: "no", severity: "FATAL", hint: "ask" })
      .subarray(5),
  );
  assertEquals([error.code, error.message, error.severity], ["28000", "no", "FATAL"]);
  const row = message("D", { int16: 2 }, { int32: -1 }, { int32: 1 }, { byte: 0x37 });
  assertEquals(readRow(row.subarray(5)), [null, "7"]);
  assertThrows(() => new PayloadReader(Uint8Array.of(65)).text(), ProtocolError, "end with a zero");
  assertThrows(() => readRow(Uint8Array.of(0, 1, 0, 0, 0, 9)), ProtocolError, "9 more bytes");
  assertThrows(() => frontend.query("a\0b"), TypeError, "must hold no zero");
});

Deno.test("frontend.extendedQuery() is Parse, Bind, Describe, Execute, Sync", () => {
  const reader = new MessageReader();
  reader.push(frontend.extendedQuery("select $1", ["é", null], "name"));
  const types = [];
  while (reader.next()) types.push(String.fromCharCode(reader.type));
  assertEquals(types.join(""), "PBDES");
});

// RFC 7677, section 3.
Deno.test("SCRAM-SHA-256 is the conversation of RFC 7677", () => {
  const client = new ScramClient("pencil", { user: "user", nonce: "rOprNGfwEbeRWgbNEkqO" });
  assertEquals(client.first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  const salt = Uint8Array.fromBase64("W22ZaJ0SNY7soEsUEjb6gQ==");
  const server = new ScramServer(verifier("pencil", { salt, iterations: 4096 }), {
    nonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  });
  const challenge = server.challenge(client.first());
  assertEquals(
    challenge,
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
  );
  const answer = client.answer(challenge);
  assert(answer.endsWith(",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), answer);
  const final = server.check(answer);
  assertEquals(final, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  assertEquals([client.trusts(final!), client.trusts("v=AAAA")], [true, false]);
});

Deno.test("ScramServer refuses a wrong password, a nonce of another, and no SCRAM at all", () => {
  const keys = verifier("pencil");
  const attempt = (password: string, change: (answer: string) => string = (same) => same) => {
    const client = new ScramClient(password);
    const server = new ScramServer(keys);
    return server.check(change(client.answer(server.challenge(client.first()))));
  };
  assert(attempt("pencil") !== undefined);
  assertEquals(attempt("pen"), undefined);
  assertEquals(attempt("pencil", (answer) => answer.replace(/r=.{4}/, "r=AAAA")), undefined);
  assertEquals(attempt("pencil", (answer) => answer.replace(/p=.*/, "p=%%%")), undefined);
  assertThrows(() => new ScramServer(keys).challenge("hello"), ProtocolError, 'begin with "n,,"');
  const client = new ScramClient("pencil");
  client.first();
  assertThrows(() => client.answer("r=other,s=AAAA,i=4096"), ProtocolError, "must continue ours");
});
