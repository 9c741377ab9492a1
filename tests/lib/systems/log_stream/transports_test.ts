import { assert, assertEquals } from "@std/assert";
import { followGrpc, serveGrpc } from "lib/systems/log_stream/grpc.ts";
import type { NumberedRecord } from "lib/systems/log_stream/record.ts";
import { measureTransport, TRANSPORTS } from "lib/systems/log_stream/transports.ts";

const records: NumberedRecord[] = Array.from({ length: 600 }, (_, offset) => ({
  deploymentId: "acme.1",
  stepId: "build",
  timestamp: 0,
  level: "info",
  message: `line ${offset} é`,
  metadata: { host: "ci-7" },
  redactionState: "clean",
  agentId: "a",
  seq: offset,
  offset,
}));

Deno.test("measureTransport() brings all records in order over each transport", async () => {
  for (const transport of TRANSPORTS) {
    const cost = await measureTransport(transport, {
      records,
      lastsMs: 200,
      flushMs: 20,
      pollMs: 80,
    });
    assert(cost.isComplete, transport);
    assert(cost.bytesPerRecord > 60 && cost.meanAgeMs >= 0, JSON.stringify(cost));
    assertEquals(cost.requests > 1, transport === "REST polling" || transport === "long poll");
  }
});

Deno.test("serveGrpc() sends what it has, then a status", async () => {
  const server = await serveGrpc((send, end) => {
    send(records.slice(0, 400));
    send(records.slice(400));
    end();
  });
  const seen: NumberedRecord[] = [];
  const call = followGrpc(server.port, (batch) => void seen.push(...batch));
  assertEquals(await call.ended, 0);
  assertEquals(seen, records);
  call.close();
  server.close();
  const refused = followGrpc(server.port, () => {});
  assert(await refused.ended !== 0, "nobody is there");
  refused.close();
});
