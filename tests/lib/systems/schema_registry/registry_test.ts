import { assertEquals, assertThrows } from "@std/assert";
import { check } from "lib/systems/schema_registry/compatibility.ts";
import {
  frame,
  SchemaError,
  SchemaRegistry,
  unframe,
} from "lib/systems/schema_registry/registry.ts";
import { type RecordSchema, validate } from "lib/systems/schema_registry/schema.ts";

const payment: RecordSchema = {
  name: "payment",
  fields: {
    id: { type: "string" },
    amount: { type: "int" },
    note: { type: "string", optional: true },
    method: { type: { symbols: ["card", "cash"] } },
  },
};
const withFields = (changes: Record<string, unknown>): RecordSchema => ({
  name: "payment",
  fields: Object.fromEntries(
    Object.entries({ ...payment.fields, ...changes }).filter(([, field]) => field !== undefined),
  ) as RecordSchema["fields"],
});

Deno.test("check() tells what each mode lets pass, and names the field", () => {
  // [change, schema, passes backward, passes forward]
  const matrix: [string, RecordSchema, boolean, boolean, string?][] = [
    ["nothing", withFields({}), true, true],
    ["add an optional field", withFields({ tag: { type: "string", optional: true } }), true, true],
    [
      "add a field with a default",
      withFields({ tag: { type: "string", default: "" } }),
      true,
      true,
    ],
    ["add a required field", withFields({ tag: { type: "string" } }), false, true, "tag"],
    ["remove an optional field", withFields({ note: undefined }), true, true],
    ["remove a required field", withFields({ amount: undefined }), true, false, "amount"],
    ["widen int to double", withFields({ amount: { type: "double" } }), true, false, "amount"],
    ["change a type", withFields({ amount: { type: "string" } }), false, false, "amount"],
    [
      "make a field optional",
      withFields({ amount: { type: "int", optional: true } }),
      true,
      false,
      "amount",
    ],
    ["make a field required", withFields({ note: { type: "string" } }), false, true, "note"],
    [
      "add a symbol",
      withFields({ method: { type: { symbols: ["card", "cash", "sepa"] } } }),
      true,
      false,
      "method",
    ],
    [
      "remove a symbol",
      withFields({ method: { type: { symbols: ["card"] } } }),
      false,
      true,
      "method",
    ],
    ["an array of it", withFields({ amount: { type: { items: "int" } } }), false, false, "amount"],
  ];
  for (const [change, schema, backward, forward, field] of matrix) {
    const passes = (mode: "backward" | "forward" | "full") =>
      check(payment, schema, mode).length === 0;
    assertEquals(
      [passes("backward"), passes("forward"), passes("full")],
      [backward, forward, backward && forward],
      change,
    );
    const named = new Set(check(payment, schema, "full").map(({ field }) => field));
    assertEquals([...named], field === undefined ? [] : [field], change);
  }
});

Deno.test("SchemaRegistry gives ids for ever, and refuses what its mode refuses", () => {
  const registry = new SchemaRegistry();
  assertEquals(registry.register("payment.made.v1", payment), 1);
  assertEquals(registry.register("payment.made.v1", payment), 1, "the same again");
  const wider = withFields({ amount: { type: "double" } });
  assertEquals(registry.register("payment.made.v1", wider), 2);
  const error = assertThrows(
    () => registry.register("payment.made.v1", withFields({ amount: { type: "string" } })),
    SchemaError,
    "Cannot register schema for payment.made.v1: amount the new reader must read double: it expects string",
  );
  assertEquals(error.violations.map(({ field }) => field), ["amount"]);
  const withTag = withFields({ amount: { type: "double" }, tag: { type: "string", default: "" } });
  registry.setMode("payment.made.v1", "full");
  assertEquals(registry.check("payment.made.v1", withFields({}), "backward").length, 1);
  assertEquals(registry.register("payment.made.v1", withTag), 3);
  assertEquals(registry.versions("payment.made.v1"), [1, 2, 3]);
});

Deno.test("SchemaRegistry.register() wants topics named entity.event_type.version", () => {
  const registry = new SchemaRegistry();
  for (const topic of ["payments", "payment.made", "Payment.made.v1", "payment.made.1", "a.b.v0"]) {
    assertThrows(
      () => registry.register(topic, payment),
      SyntaxError,
      `Cannot use topic: its name must be entity.event_type.version, as in order.paid.v1: received ${topic}`,
    );
  }
});

Deno.test("SchemaRegistry.write() and read() are inverse, and refuse what does not fit", () => {
  const registry = new SchemaRegistry();
  registry.register("payment.made.v1", payment);
  const value = { id: "p1", amount: 5, method: "card" };
  assertEquals(registry.read(registry.write("payment.made.v1", value)), value);
  assertThrows(
    () => registry.write("payment.made.v1", { id: 5, amount: 1.5, method: "barter" }),
    SchemaError,
    "id must be string; amount must be int; method must be one of card, cash",
  );
  assertThrows(
    () => registry.read(frame(9, value)),
    RangeError,
    "its id must be 1 to 1: received 9",
  );
  assertThrows(
    () => registry.read(frame(1, {})),
    SchemaError,
    "id must be there; amount must be there",
  );
  assertThrows(
    () => unframe(new Uint8Array([7, 0, 0, 0, 1])),
    SyntaxError,
    "its first byte must be 0",
  );
  assertThrows(() => unframe(new Uint8Array(3)), SyntaxError, "received 3 bytes");
  assertThrows(() => registry.write("payment.made.v2", value), RangeError, "must have a schema");
  assertEquals(validate(payment, []), [{ field: "payment", rule: "must be an object" }]);
});
