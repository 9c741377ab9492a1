/**
 * A round trip through each real service: it is started where it is private, asked for something, and ended.
 *
 * @module
 */
import { join } from "node:path";
import { etcd } from "lib/services/etcd.ts";
import { haproxy } from "lib/services/haproxy.ts";
import { chooseJava } from "lib/services/java.ts";
import { kafka } from "lib/services/kafka.ts";
import { nginx } from "lib/services/nginx.ts";
import { pgbouncer } from "lib/services/pgbouncer.ts";
import { postgres } from "lib/services/postgres.ts";
import { redis } from "lib/services/redis.ts";
import { chooseSystemProgram } from "lib/services/system_programs.ts";

/** Says what is there, version and origin; throws where it does not do its work. */
export type RoundTrip = () => Promise<string>;

function expectWell(answer: unknown): void {
  if (answer !== "well") throw new Error(`A round trip must bring "well": received ${answer}`);
}

async function askRedis(): Promise<string> {
  await using cache = await redis();
  await cache.client.set("doctor", "well");
  expectWell(await cache.client.get("doctor"));
  return cache.description;
}

async function askKafka(): Promise<string> {
  await using log = await kafka();
  const topic = await log.createTopic("doctor");
  const producer = await log.producer();
  await producer.send({ topic, messages: [{ value: "well" }] });
  const consumer = await log.consumer({ groupId: "doctor" });
  await consumer.subscribe({ topic, fromBeginning: true });
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => reject(new Error("Kafka: no record came back in 20 s")), 20_000);
  await consumer.run({
    // deno-lint-ignore require-await -- as kafkajs wants it
    eachMessage: async ({ message }) => resolve(message.value?.toString()),
  });
  expectWell(await promise.finally(() => clearTimeout(timer)));
  const java = log.from === "KAFKA_BROKERS" ? undefined : await chooseJava();
  return log.description + (java === undefined ? "" : `, on Java ${java.version} (${java.from})`);
}

async function askPostgres(): Promise<string> {
  await using database = await postgres();
  await database.sql`create table doctor (answer text)`;
  await database.sql`insert into doctor values ('well')`;
  const [{ answer }] = await database.sql`select answer from doctor`;
  expectWell(answer);
  return database.description;
}

async function askPgbouncer(): Promise<string> {
  await using database = await postgres();
  await using pooler = await pgbouncer({ upstream: database });
  const [{ answer }] = await pooler.sql`select 'well' as answer`;
  expectWell(answer);
  return pooler.description;
}

const RULES = `groups:
  - name: doctor
    rules:
      - alert: Unwell
        expr: up == 0
`;

async function askPromtool(): Promise<string> {
  const { path, version, from } = await chooseSystemProgram("promtool");
  const folder = await Deno.makeTempDir({ prefix: "doctor-" });
  try {
    const rules = join(folder, "rules.yaml");
    await Deno.writeTextFile(rules, RULES);
    const command = new Deno.Command(path, { args: ["check", "rules", rules] });
    const { success, stderr } = await command.output();
    if (!success) throw new Error(`promtool refuses rules:\n${new TextDecoder().decode(stderr)}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return `promtool ${version} (${from}), checks alert rules`;
}

async function askEtcd(): Promise<string> {
  await using store = await etcd();
  await store.client.put("doctor", "well");
  expectWell((await store.client.get("doctor"))?.value);
  return store.description;
}

async function askHaproxy(): Promise<string> {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  await using server = Deno.serve(options, () => new Response("well"));
  await using front = await haproxy({ servers: [server.addr] });
  expectWell(await (await fetch(front.url)).text());
  return front.description;
}

async function askNginx(): Promise<string> {
  await using front = await nginx({
    config: (port) => `server { listen 127.0.0.1:${port}; location / { return 200 "well"; } }`,
  });
  expectWell(await (await fetch(front.url)).text());
  return front.description;
}

/** By what the reader calls them. */
export const ROUND_TRIPS: Record<string, RoundTrip> = {
  "Redis": askRedis,
  "Kafka": askKafka,
  "PostgreSQL": askPostgres,
  "pgbouncer": askPgbouncer,
  "etcd": askEtcd,
  "HAProxy": askHaproxy,
  "nginx": askNginx,
  "promtool": askPromtool,
};
