/**
 * A schema registry: schemas by topic and version, each with an id that is its own for ever.
 *
 * A topic is named `entity.event_type.version`. A schema is registered for a topic if it may follow the last one in the
 * topic's mode; the same schema again gets the same id. On the wire a value is a zero byte, the id in four bytes, and the
 * payload, so that a consumer finds the schema of each record by itself.
 *
 * Simplified: in memory; a real one keeps its schemas in a compacted topic.
 *
 * @example
 * ```ts
 * import { frame, SchemaRegistry, unframe } from "./registry.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const registry = new SchemaRegistry();
 * const id = registry.register("order.paid.v1", { name: "paid", fields: { amount: { type: "int" } } });
 * const bytes = frame(id, { amount: 5 });
 * assertEquals([...bytes.subarray(0, 5)], [0, 0, 0, 0, 1]);
 * assertEquals(registry.read(bytes), { amount: 5 });
 * assertEquals(unframe(bytes).id, id);
 * ```
 *
 * Source: Confluent Schema Registry, "Wire Format".
 *
 * @module
 */
import { check, type CompatibilityMode } from "./compatibility.ts";
import { type RecordSchema, validate, type Violation } from "./schema.ts";

const MAGIC = 0, PREFIX_BYTES = 5;
const PREFIX = "\0".repeat(PREFIX_BYTES);
const encoder = new TextEncoder();
const TOPIC = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\.v[1-9][0-9]*$/;

/** A schema or a value that does not fit; it names the fields. */
export class SchemaError extends Error {
  override name = "SchemaError";
  constructor(what: string, readonly violations: readonly Violation[]) {
    super(`${what}: ${violations.map(({ field, rule }) => `${field} ${rule}`).join("; ")}`);
  }
}

/** @throws {SyntaxError} when a topic is not named `entity.event_type.version` */
export function checkTopicName(topic: string): string {
  if (TOPIC.test(topic)) return topic;
  throw new SyntaxError(
    `Cannot use topic: its name must be entity.event_type.version, as in order.paid.v1: received ${topic}`,
  );
}

/** A value with the id of its schema before it. */
export function frame(id: number, value: unknown): Uint8Array {
  // The prefix is encoded with the rest, and then written over: no second copy.
  const bytes = encoder.encode(PREFIX + JSON.stringify(value));
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(1, id);
  return bytes;
}

/** @throws {SyntaxError} when the bytes are no framed value */
export function unframe(bytes: Uint8Array): { id: number; payload: Uint8Array } {
  if (bytes.length < PREFIX_BYTES || bytes[0] !== MAGIC) {
    throw new SyntaxError(
      `Cannot read value: its first byte must be 0, before the id of its schema: received ${
        bytes.length < PREFIX_BYTES ? `${bytes.length} bytes` : bytes[0]
      }`,
    );
  }
  const id = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  return { id, payload: bytes.subarray(PREFIX_BYTES) };
}

export class SchemaRegistry {
  #schemas: RecordSchema[] = [];
  #topics = new Map<string, number[]>();
  #modes = new Map<string, CompatibilityMode>();

  /** What a topic asks of its next schema. Default: backward. */
  setMode(topic: string, mode: CompatibilityMode): void {
    this.#modes.set(checkTopicName(topic), mode);
  }

  /** What stands against a schema as the next one of a topic. */
  check(topic: string, schema: RecordSchema, mode?: CompatibilityMode): Violation[] {
    const last = this.#topics.get(checkTopicName(topic))?.at(-1);
    if (last === undefined) return [];
    return check(this.schema(last), schema, mode ?? this.#modes.get(topic) ?? "backward");
  }

  /**
   * The id of a schema, registered for a topic.
   *
   * @throws {SchemaError} when it may not follow the last one
   */
  register(topic: string, schema: RecordSchema): number {
    const text = JSON.stringify(schema);
    const ids = this.#topics.get(checkTopicName(topic)) ?? [];
    const same = ids.find((id) => JSON.stringify(this.schema(id)) === text);
    if (same !== undefined) return same;
    const violations = this.check(topic, schema);
    if (violations.length > 0) {
      throw new SchemaError(`Cannot register schema for ${topic}`, violations);
    }
    this.#schemas.push(schema);
    this.#topics.set(topic, [...ids, this.#schemas.length]);
    return this.#schemas.length;
  }

  /** The versions of a topic, as ids. */
  versions(topic: string): readonly number[] {
    return this.#topics.get(topic) ?? [];
  }

  /** @throws {RangeError} when nobody registered it */
  schema(id: number): RecordSchema {
    const schema = this.#schemas[id - 1];
    if (schema !== undefined) return schema;
    throw new RangeError(
      `Cannot find schema: its id must be 1 to ${this.#schemas.length}: received ${id}`,
    );
  }

  /**
   * A value in the last schema of a topic, ready to be sent.
   *
   * @throws {SchemaError} when it does not fit
   */
  write(topic: string, value: unknown): Uint8Array {
    const id = this.versions(topic).at(-1);
    if (id === undefined) throw new RangeError(`Cannot write value: ${topic} must have a schema`);
    const violations = validate(this.schema(id), value);
    if (violations.length > 0) throw new SchemaError(`Cannot write value for ${topic}`, violations);
    return frame(id, value);
  }

  /**
   * The value of a record.
   *
   * @throws {SyntaxError | RangeError | SchemaError} when it is not framed, its schema is unknown, or it does not fit
   */
  read(bytes: Uint8Array): unknown {
    const { id, payload } = unframe(bytes);
    const schema = this.schema(id), value = JSON.parse(new TextDecoder().decode(payload));
    const violations = validate(schema, value);
    if (violations.length > 0) throw new SchemaError("Cannot read value", violations);
    return value;
  }
}
