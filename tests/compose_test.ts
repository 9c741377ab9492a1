import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "../scripts/select.ts";

interface Compose {
  services: Record<string, { image: string; ports: string[]; healthcheck: object }>;
}

const text = await Deno.readTextFile(join(ROOT, "compose.yaml"));

Deno.test("compose.yaml has each service that notebooks take by address, on loopback only", () => {
  const { services } = parse(text) as Compose;
  const exported = [...text.matchAll(/^# {3}export (\w+)=\S*?:(\d+)(?:\/\w+)?$/gm)];
  assertEquals(Object.keys(services), ["redis", "kafka", "postgres", "etcd"]);
  assertEquals(exported.map(([, name]) => name), [
    "REDIS_URL",
    "KAFKA_BROKERS",
    "DATABASE_URL",
    "ETCD_ENDPOINTS",
  ]);
  Object.values(services).forEach(({ image, ports, healthcheck }, i) => {
    const port = exported[i][2];
    assertEquals(ports, [`127.0.0.1:${port}:${port}`]);
    assertMatch(image, /:[v\d][\w.-]+$/, "pinned");
    assertEquals(typeof healthcheck, "object");
  });
});
