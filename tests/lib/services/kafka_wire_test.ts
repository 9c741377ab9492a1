import { assertEquals, assertRejects } from "@std/assert";
import { readApiVersions, readBrokerIds, releaseOf } from "../../../lib/services/kafka_wire.ts";
import { startFakeKafka } from "./fake_kafka.ts";
import { closedPort } from "./one_run.ts";

Deno.test("readApiVersions() reads the newest version of each request", async () => {
  using fake = startFakeKafka({ 0: 11, 1: 16, 47: 0 });
  const apiVersions = await readApiVersions({ hostname: "127.0.0.1", port: fake.port });
  assertEquals([...apiVersions], [[0, 11], [1, 16], [47, 0]]);
});

Deno.test("readBrokerIds() where nobody listens, or nobody answers, is an error in time", async () => {
  const hostname = "127.0.0.1";
  await assertRejects(
    () => readBrokerIds({ hostname, port: closedPort() }),
    Deno.errors.ConnectionRefused,
  );
  using listener = Deno.listen({ hostname, port: 0 });
  const accepted = listener.accept();
  await assertRejects(
    () => readBrokerIds({ hostname, port: listener.addr.port }, 100),
    Error,
    "no answer within 100 ms",
  );
  (await accepted).close();
});

Deno.test("readApiVersions() of another kind of server says so", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("hi"),
  );
  await assertRejects(() => readApiVersions(server.addr), Error);
  for (const reply of ["HTTP/1.1 400 Bad Request\r\n\r\n", "\0\0\0\x04\0\0\0\x07"]) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const answer = listener.accept().then(async (connection) => {
      await connection.write(new TextEncoder().encode(reply));
      await connection.read(new Uint8Array(64));
      connection.close();
    });
    await assertRejects(
      () => readApiVersions(listener.addr),
      Error,
      "what answers is not a Kafka broker",
    );
    await answer;
  }
});

Deno.test("releaseOf() tells the newest release that a broker is at least", () => {
  const releases = [
    { 0: 8, 1: 11, 2: 5, 3: 8 },
    { 0: 8, 1: 11, 2: 5, 3: 9, 47: 0 },
    { 0: 9, 1: 15, 2: 8, 3: 12, 47: 0 },
    { 0: 11, 1: 17, 2: 9, 3: 12, 47: 0 },
    { 0: 12, 1: 17, 2: 10, 3: 13, 47: 0 },
    { 0: 13, 1: 18, 2: 11, 3: 13, 47: 0 },
  ].map((versions) =>
    releaseOf(new Map(Object.entries(versions).map(([key, version]) => [Number(key), version])))
  );
  assertEquals(releases, [undefined, "2.4", "3.5", "3.9", "4.0", "4.2"]);
});
