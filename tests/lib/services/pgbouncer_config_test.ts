import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { pgbouncerFiles, readUpstream } from "../../../lib/services/pgbouncer_config.ts";

const upstream = "postgres://me:s%22ecret@127.0.0.1:5433/app";

Deno.test("pgbouncerFiles() writes settings in sections, ours after the defaults", () => {
  const files = pgbouncerFiles({
    upstream,
    mode: "transaction",
    poolSize: 7,
    settings: { max_client_conn: "300" },
    databases: { reports: { dbname: "it's", pool_size: "2" } },
    users: { tenant: "pass" },
  }, 6432);
  const lines = files["pgbouncer.ini"].split("\n");
  assertEquals(lines.slice(0, 3), [
    "[databases]",
    "reports = host='127.0.0.1' port='5433' dbname='it''s' pool_size='2'",
    "* = host='127.0.0.1' port='5433'",
  ]);
  for (const line of ["pool_mode = transaction", "default_pool_size = 7", "listen_port = 6432"]) {
    assert(lines.includes(line), line);
  }
  assertEquals(lines.filter((line) => line.startsWith("max_client_conn")), [
    "max_client_conn = 300",
  ]);
  assertEquals(files["users.txt"], '"tenant" "pass"\n"me" "s""ecret"\n');
  assertEquals(Object.keys(files), ["pgbouncer.ini", "users.txt"]);
});

Deno.test("pgbouncerFiles() asks clients for a certificate only where somebody signs those", () => {
  const tls = { certificate: "C", key: "K" };
  const plain = pgbouncerFiles({ upstream, tls }, 6432);
  assertMatch(plain["pgbouncer.ini"], /client_tls_sslmode = require\n/);
  assertEquals([plain["server.pem"], plain["server.key"]], ["C", "K"]);
  const mutual = pgbouncerFiles({ upstream, tls: { ...tls, clientAuthority: "A" } }, 6432);
  assertMatch(mutual["pgbouncer.ini"], /client_tls_sslmode = verify-full\n/);
  assertEquals(mutual["clients.pem"], "A");
});

Deno.test("readUpstream() wants an address with a user, and hides the password", () => {
  assertEquals(readUpstream("postgresql://a%40b@[::1]/app"), {
    hostname: "::1",
    port: 5432,
    user: "a@b",
    password: "",
  });
  for (const wrong of ["", "127.0.0.1:5432", "postgres://127.0.0.1/app", "http://me@x"]) {
    assertThrows(() => readUpstream(wrong), TypeError, "upstream must be an address with a user");
  }
  assertThrows(() => readUpstream("me:pass@here"), TypeError, "received me:***@here");
});
