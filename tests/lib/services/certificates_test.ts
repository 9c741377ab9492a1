import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { findBinaries } from "../../../lib/services/binaries.ts";
import { CertificateAuthority } from "../../../lib/services/certificates.ts";
import { isLaptopWithout } from "./one_run.ts";

const ignore = isLaptopWithout(findBinaries("openssl").length > 0);

Deno.test({
  name: "CertificateAuthority.issue() makes certificates that a TLS library takes, or refuses",
  ignore,
  fn: async () => {
    const [authority, foreign] = await Promise.all([
      CertificateAuthority.create(),
      CertificateAuthority.create("Foreign authority"),
    ]);
    const [right, other, old, wrongHost] = await Promise.all([
      authority.issue("localhost"),
      foreign.issue("localhost"),
      authority.issue("localhost", { expired: true }),
      authority.issue("localhost", { hosts: ["example.org", "10.1.2.3"] }),
    ]);
    using client = Deno.createHttpClient({ caCerts: [authority.certificate] });
    const ask = async (certificate: { certificate: string; key: string }) => {
      await using server = Deno.serve({
        hostname: "127.0.0.1",
        port: 0,
        cert: certificate.certificate,
        key: certificate.key,
        onListen() {},
      }, () => new Response("hello"));
      try {
        return await (await fetch(`https://127.0.0.1:${server.addr.port}`, { client })).text();
      } catch (error) {
        throw (error as Error).cause;
      }
    };
    assertEquals(await ask(right), "hello");
    await assertRejects(() => ask(other), Error, "UnknownIssuer");
    await assertRejects(() => ask(old), Error, "certificate expired");
    await assertRejects(() => ask(wrongHost), Error, "not valid for name");
  },
});

Deno.test({
  name: "CertificateAuthority.issue() writes name, organisation, serial and dates into it",
  ignore,
  fn: async () => {
    const authority = await CertificateAuthority.create();
    const issued = await authority.issue("agent-7", { organization: "tenant a", days: 2 });
    const read = new X509Certificate(issued.certificate);
    assertEquals(read.subject.split("\n").toSorted(), ["CN=agent-7", "O=tenant a"]);
    assertEquals(read.issuer, "CN=Workshop authority");
    assertEquals(read.serialNumber, issued.serial);
    const second = 1000;
    const gap = (text: string, date: Date) => Math.abs(Date.parse(text) - date.getTime());
    assert(gap(read.validFrom, issued.notBefore) < second);
    assert(gap(read.validTo, issued.notAfter) < second);
    assertMatch(issued.key, /^-----BEGIN PRIVATE KEY-----/);
    assert((await authority.issue("agent-7")).serial !== issued.serial);
  },
});

Deno.test("CertificateAuthority.issue() says what a name and a time must be", {
  ignore,
}, async () => {
  const authority = await CertificateAuthority.create();
  await assertRejects(() => authority.issue("a/CN=b"), TypeError, "received a/CN=b");
  await assertRejects(() => authority.issue("a", { hosts: ["x, DNS:y"] }), TypeError, "hosts");
  await assertRejects(() => authority.issue("a", { days: 0 }), RangeError, "received 0");
});

Deno.test("CertificateAuthority.create() without openssl says how to get it", async () => {
  const path = Deno.env.get("PATH")!;
  Deno.env.set("PATH", "/nowhere");
  try {
    const error = await assertRejects(() => CertificateAuthority.create(), Error);
    assertMatch(error.message, /openssl must be on the PATH: received none.*apt-get install/);
  } finally {
    Deno.env.set("PATH", path);
  }
});
