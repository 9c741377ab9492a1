/**
 * Which schema may follow which: whether a reader of one can read what was written with the other.
 *
 * A reader needs each of its fields in what was written, unless it may be missing, and with a type that it can read: a
 * `double` reads an `int`, a set of symbols reads a smaller one. **Backward** compatible is a schema that reads what the
 * one before wrote: consumers go first. **Forward**: the one before reads what it writes: producers go first. **Full** is
 * both, and lets anybody go first.
 *
 * @example
 * ```ts
 * import { check } from "./compatibility.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const before = { name: "payment", fields: { amount: { type: "int" } } } as const;
 * const after = { name: "payment", fields: { ...before.fields, currency: { type: "string" } } } as const;
 * assertEquals(check(before, after, "forward"), []);
 * assertEquals(check(before, after, "backward").map(({ field }) => field), ["currency"]);
 * ```
 *
 * Source: Avro specification, "Schema Resolution"; Confluent Schema Registry, "Compatibility Types".
 *
 * @module
 */
import {
  type FieldType,
  mayBeMissing,
  nameOfType,
  type RecordSchema,
  type Violation,
} from "./schema.ts";

export type CompatibilityMode = "backward" | "forward" | "full";

function canRead(reader: FieldType, writer: FieldType): boolean {
  if (typeof reader === "string" || typeof writer === "string") {
    return reader === writer || reader === "double" && writer === "int";
  }
  if ("symbols" in reader) {
    return "symbols" in writer && writer.symbols.every((symbol) => reader.symbols.includes(symbol));
  }
  return "items" in writer && canRead(reader.items, writer.items);
}

/** What a reader misses in what a writer writes. */
function unreadable(reader: RecordSchema, writer: RecordSchema, who: string): Violation[] {
  return Object.entries(reader.fields).flatMap(([field, wanted]) => {
    const written = writer.fields[field];
    if (written === undefined) {
      return mayBeMissing(wanted)
        ? []
        : [{ field, rule: `${who} must find it, or have a default: the other never writes it` }];
    }
    if (!canRead(wanted.type, written.type)) {
      const [from, to] = [nameOfType(written.type), nameOfType(wanted.type)];
      return [{ field, rule: `${who} must read ${from}: it expects ${to}` }];
    }
    return written.optional === true && !mayBeMissing(wanted)
      ? [{ field, rule: `${who} must find it, or have a default: the other may leave it out` }]
      : [];
  });
}

/** What stands against `after` as the schema that follows `before`; nothing when it may. */
export function check(
  before: RecordSchema,
  after: RecordSchema,
  mode: CompatibilityMode,
): Violation[] {
  return [
    ...(mode === "forward" ? [] : unreadable(after, before, "the new reader")),
    ...(mode === "backward" ? [] : unreadable(before, after, "the old reader")),
  ];
}
