/**
 * Record schemas, as small as a registry can be taught with: named fields, each required, optional, or with a default.
 *
 * A value is an object of JSON. A field that the schema does not know is ignored, as readers of Avro and Protobuf do; a
 * default stands in for a required field that is missing.
 *
 * Simplified: no nested records, maps or unions; arrays hold one kind of value.
 *
 * @module
 */

/** The kind of a field: a number may be whole (`int`) or not (`double`). */
export type FieldType =
  | "string"
  | "boolean"
  | "int"
  | "double"
  | { readonly symbols: readonly string[] }
  | { readonly items: FieldType };

export interface Field {
  readonly type: FieldType;
  /** May be missing. */
  readonly optional?: boolean;
  /** Stands in where it is missing. */
  readonly default?: unknown;
}

export interface RecordSchema {
  readonly name: string;
  readonly fields: Readonly<Record<string, Field>>;
}

/** What does not fit, by field. */
export interface Violation {
  field: string;
  rule: string;
}

export function nameOfType(type: FieldType): string {
  if (typeof type === "string") return type;
  return "symbols" in type
    ? `one of ${type.symbols.join(", ")}`
    : `array of ${nameOfType(type.items)}`;
}

function fits(value: unknown, type: FieldType): boolean {
  if (type === "int") return Number.isSafeInteger(value);
  if (type === "double") return typeof value === "number" && Number.isFinite(value);
  if (type === "string") return typeof value === "string";
  if (type === "boolean") return typeof value === "boolean";
  if ("symbols" in type) return typeof value === "string" && type.symbols.includes(value);
  return Array.isArray(value) && value.every((item) => fits(item, type.items));
}

/** Whether a field may be missing from what is read. */
export function mayBeMissing(field: Field): boolean {
  return field.optional === true || field.default !== undefined;
}

/** What is wrong with a value; nothing when it fits. */
export function validate(schema: RecordSchema, value: unknown): Violation[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [{ field: schema.name, rule: "must be an object" }];
  }
  const given = value as Record<string, unknown>;
  return Object.entries(schema.fields).flatMap(([name, field]) => {
    if (given[name] === undefined) {
      return mayBeMissing(field) ? [] : [{ field: name, rule: "must be there" }];
    }
    return fits(given[name], field.type)
      ? []
      : [{ field: name, rule: `must be ${nameOfType(field.type)}` }];
  });
}
