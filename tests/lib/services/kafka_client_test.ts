import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseAddresses } from "../../../lib/services/kafka_client.ts";

Deno.test("parseAddresses() reads hosts, ports, TLS and log-in", () => {
  assertEquals(parseAddresses("one:9093,two"), {
    ssl: false,
    brokers: [{ hostname: "one", port: 9093, tls: false }, {
      hostname: "two",
      port: 9092,
      tls: false,
    }],
  });
  assertEquals(parseAddresses("kafka+ssl://ann:p%40ss@one:1,two:2/?mechanism=scram-sha-512"), {
    ssl: true,
    brokers: [{ hostname: "one", port: 1, tls: true }, { hostname: "two", port: 2, tls: true }],
    sasl: { mechanism: "scram-sha-512", username: "ann", password: "p@ss" },
  });
  assertEquals(parseAddresses("kafka://ann:pw@one").sasl?.mechanism, "plain");
});

Deno.test("parseAddresses() refuses what is no address, without the password", () => {
  for (const text of ["", "one:", "one:70000", ",", "http://one:1", "ann:pw@one:1", "one:x"]) {
    assertThrows(
      () => parseAddresses(text),
      SyntaxError,
      "Cannot use Kafka: KAFKA_BROKERS must be HOST:PORT,HOST:PORT or kafka+ssl://USER:PASSWORD@HOST:PORT: received ",
    );
  }
  const error = assertThrows(() => parseAddresses("kafka://ann:s3cret@one:0"));
  assert(!error.message.includes("s3cret"), error.message);
});
