/**
 * The HTTP plane of the pipeline: producing with a schema check, topics, schemas, lag.
 *
 * | request | answer |
 * | --- | --- |
 * | `POST /topic` `{ name, partitions }` | 201, or 400 for a name that is not `entity.event_type.version` |
 * | `POST /schema/TOPIC` schema | 201 `{ id }`, or 409 `{ violations }` |
 * | `POST /schema/TOPIC/check?mode=MODE` schema | 200 `{ violations }` |
 * | `GET /schema/ID` | 200 the schema, or 404 |
 * | `POST /produce/TOPIC` `{ key, value }` | 202 `{ partition, offset }`, 413 when too large, 422 when it does not fit |
 * | `GET /lag?group=GROUP&topic=TOPIC` | 200 lag by partition |
 * | `POST /consumer/rebalance` `{ group }` | 202: its consumers join again |
 *
 * @module
 */
import type { KafkaService } from "../../services/kafka.ts";
import { type CompatibilityMode } from "../schema_registry/compatibility.ts";
import { checkTopicName, SchemaError, SchemaRegistry } from "../schema_registry/registry.ts";
import type { RecordSchema } from "../schema_registry/schema.ts";
import { lagOf } from "./lag.ts";
import type { Consuming } from "./consume.ts";
import type { Producer } from "kafkajs";

export interface PlaneOptions {
  service: KafkaService;
  producer: Producer;
  registry: SchemaRegistry;
  /** Of records. Default: Kafka's, 1,048,588. */
  maxBytes?: number;
  /** Consumers that the plane may tell to join again, by group. */
  groups?: Map<string, { restart: () => Promise<void> }>;
}

type Answer = { status: number; body: unknown };
const answer = (status: number, body: unknown): Answer => ({ status, body });

async function produce(
  { registry, producer, service, maxBytes = 1_048_588 }: PlaneOptions,
  topic: string,
  request: Request,
): Promise<Answer> {
  const { key = null, value } = await request.json();
  const bytes = registry.write(topic, value);
  if (bytes.length + (key?.length ?? 0) + 100 > maxBytes) {
    return answer(413, { error: `a record must be at most ${maxBytes} bytes` });
  }
  const messages = [{ key, value: Buffer.from(bytes) }];
  const [{ partition, baseOffset }] = await producer.send({
    topic: service.topic(topic),
    messages,
  });
  return answer(202, { partition, offset: Number(baseOffset) });
}

async function route(options: PlaneOptions, request: Request): Promise<Answer> {
  const { service, registry, groups } = options;
  const url = new URL(request.url);
  const [room, name, verb] = url.pathname.slice(1).split("/");
  const matched = `${request.method} /${room}`;
  if (matched === "POST /topic") {
    const { name, partitions = 1 } = await request.json();
    return answer(201, { topic: await service.createTopic(checkTopicName(name), { partitions }) });
  }
  if (matched === "POST /schema" && verb === "check") {
    const mode = (url.searchParams.get("mode") ?? undefined) as CompatibilityMode | undefined;
    return answer(200, { violations: registry.check(name, await request.json(), mode) });
  }
  if (matched === "POST /schema") {
    try {
      return answer(201, { id: registry.register(name, await request.json() as RecordSchema) });
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      return answer(409, { violations: error.violations });
    }
  }
  if (matched === "GET /schema") return answer(200, registry.schema(Number(name)));
  if (matched === "POST /produce") return await produce(options, checkTopicName(name), request);
  if (matched === "GET /lag") {
    const [group, topic] = ["group", "topic"].map((name) => url.searchParams.get(name) ?? "");
    return answer(200, await lagOf(service.admin, group, service.topic(topic)));
  }
  if (matched === "POST /consumer") {
    const { group } = await request.json();
    const found = groups?.get(group);
    if (found === undefined) return answer(404, { error: `no consumer of ${group} here` });
    await found.restart();
    return answer(202, { group });
  }
  return answer(404, { error: "no such route" });
}

/** A handler for `Deno.serve`. */
export function plane(options: PlaneOptions): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      const { status, body } = await route(options, request);
      return Response.json(body, { status });
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof SchemaError) {
        return Response.json({ error: message, violations: error.violations }, { status: 422 });
      }
      if (error instanceof SyntaxError) return Response.json({ error: message }, { status: 400 });
      if (error instanceof RangeError) return Response.json({ error: message }, { status: 404 });
      return Response.json({ error: message }, { status: 503 });
    }
  };
}

/** Lets a consumer leave and join again, which rebalances its group. */
export function restartable(start: () => Promise<Consuming>): {
  current: () => Consuming | undefined;
  restart: () => Promise<void>;
} {
  let consuming: Consuming | undefined;
  return {
    current: () => consuming,
    async restart() {
      await consuming?.stop();
      consuming = await start();
    },
  };
}
