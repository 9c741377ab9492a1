import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type FrontFormat, openFront } from "../../../lib/services/front.ts";
import { startFront } from "../../../lib/services/front_server.ts";
import { Host } from "../../../lib/services/host.ts";
import { findSystemProgram } from "../../../lib/services/system_programs.ts";
import { closedPort, withinOneRun } from "./one_run.ts";

const isThere = findSystemProgram("haproxy").length > 0;
const test = withinOneRun({ isThere });

test("openFront() takes other ports when one is taken", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ports = [closedPort(), taken.addr.port, closedPort(), closedPort()];
  const [, , third] = ports;
  const format: FrontFormat = {
    render: (text, statusPort) =>
      `global\n  stats socket ipv4@127.0.0.1:${statusPort} level admin\n` +
      `defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n${text}`,
    isNew: () => Promise.resolve(true),
  };
  const config = (port: number) =>
    `frontend f\n  bind 127.0.0.1:${port}\n  http-request return status 204\n`;
  const front = await openFront("haproxy", { config }, format, () => ports.shift()!);
  assertEquals(front.service.port, third);
  assertEquals((await fetch(`http://127.0.0.1:${third}`)).status, 204);
  await front.service.close();
});

Deno.test("startFront() without the program says the three ways", async () => {
  const host = new Host("/no/such/folder");
  for (const program of ["haproxy", "nginx"] as const) {
    const shape = { files: {}, port: 1, statusPort: 2 };
    const error = await assertRejects(() => startFront(host, program, shape, []), Error);
    assertMatch(error.message, /^Cannot start \w+: .*received none on the PATH.*Three ways/);
  }
});
