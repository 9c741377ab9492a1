import { assertEquals } from "@std/assert";
import type { Output } from "../../scripts/notebook/notebook.ts";
import { compareOutputs } from "../../scripts/compare_outputs.ts";

function printed(text: string, name: "stdout" | "stderr" = "stdout"): Output {
  return { output_type: "stream", name, text };
}

function display(data: Record<string, unknown>): Output {
  return { output_type: "display_data", data, metadata: {} };
}

Deno.test("compareOutputs() joins printed chunks and leaves standard error out", () => {
  const chunks = [printed("a\n"), printed("warning", "stderr"), printed("b\n")];
  assertEquals(compareOutputs(chunks, [printed("a\nb\n")]), []);
});

Deno.test("compareOutputs() says on which line text differs", () => {
  assertEquals(compareOutputs([printed("same\none")], [printed("same\ntwo")]), [
    'output 1 (printed text), line 2: committed "one", now "two"',
  ]);
  assertEquals(compareOutputs([printed("same")], [printed("same\nmore")]), [
    'output 1 (printed text), line 2: committed nothing, now "more"',
  ]);
});

Deno.test("compareOutputs() allows numbers one part in a billion, in text and in JSON", () => {
  const chart = (y: number) => [display({ "text/plain": `y ${y}`, "x/json": { values: [{ y }] } })];
  assertEquals(compareOutputs(chart(1.5), chart(1.5 * (1 + 5e-10))), []);
  assertEquals(compareOutputs(chart(1.5), chart(1.5 * (1 + 5e-9))), [
    'output 1 (text/plain), line 1: committed "y 1.5", now "y 1.5000000075"',
    "output 1 (x/json).values[0].y: committed 1.5, now 1.5000000075",
  ]);
});

Deno.test("compareOutputs() tells 10 from 1.0e1 by value, and a sign from none", () => {
  assertEquals(compareOutputs([printed("n = 10")], [printed("n = 1.0e1")]), []);
  assertEquals(compareOutputs([printed("n = 10")], [printed("n = -10")]).length, 1);
  assertEquals(compareOutputs([printed("10 of 20")], [printed("10 of")]).length, 1);
});

Deno.test("compareOutputs() takes a service of another version and origin for the same", () => {
  const pairs = [
    ["Redis 7.0.15, private, redis-server from the PATH", "Redis 8.2.3, at REDIS_URL"],
    [
      "PostgreSQL 18.4 with 2 replicas, private, postgres from npm",
      "PostgreSQL 15.2 with 2 replicas, private, postgres from the system's packages",
    ],
    ["Kafka 3.9.1, private, server from Maven Central", "Kafka 2.4, at KAFKA_BROKERS"],
  ];
  for (const [a, b] of pairs) {
    assertEquals(compareOutputs([printed(`<b>${a}</b>: 3`)], [printed(`<b>${b}</b>: 3`)]), []);
    assertEquals(compareOutputs([printed(`${a}: 3`)], [printed(`${b}: 4`)]).length, 1);
  }
  const [one, two] = ["one replica", "2 replicas"].map((shape) =>
    printed(`PostgreSQL 18.4 with ${shape}, private, postgres from npm`)
  );
  assertEquals(compareOutputs([one], [two]).length, 1);
  assertEquals(compareOutputs([printed("Redis 7")], [printed("Redis 8")]).length, 1);
});

Deno.test("compareOutputs() ignores pictures but not what is beside them", () => {
  const chart = (png: string, spec: unknown) => [
    display({ "image/png": png, "application/vnd.vegalite.v5+json": spec }),
  ];
  const spec = { title: { text: "p99 doubles" }, data: { values: [{ x: 1 }] } };
  assertEquals(compareOutputs(chart("AAA", spec), chart("BBB", structuredClone(spec))), []);
  assertEquals(
    compareOutputs(chart("AAA", spec), chart("AAA", { ...spec, data: { values: [] } })),
    [
      "output 1 (application/vnd.vegalite.v5+json).data.values[0]: " +
      'committed {"x":1}, now nothing',
    ],
  );
});

Deno.test("compareOutputs() tells null, nothing, lists and objects apart", () => {
  const json = (value: unknown) => [display({ json: value })];
  assertEquals(compareOutputs(json(null), json({})).length, 1);
  assertEquals(compareOutputs(json([1]), json({ 0: 1 })).length, 1);
  assertEquals(compareOutputs(json({ a: null }), json({})).length, 1);
  assertEquals(compareOutputs(json("1"), json(1)).length, 1);
});

Deno.test("compareOutputs() finds an output that is new, gone or of another kind", () => {
  const one = display({ "text/plain": "one" });
  assertEquals(compareOutputs([], [one]), [
    'output 1: committed nothing, now "one"',
  ]);
  assertEquals(compareOutputs([one, one], [one]).length, 1);
  assertEquals(compareOutputs([printed("one")], [one]).length, 2);
});

Deno.test("compareOutputs() takes a result and a display of the same value for the same", () => {
  const data = { "text/plain": "42" };
  const result: Output = { output_type: "execute_result", data, metadata: {}, execution_count: 3 };
  assertEquals(compareOutputs([display(data)], [result]), []);
});

Deno.test("compareOutputs() lists three differences an output, so that the first stays in sight", () => {
  const many = (n: number) => [display({ json: Array(50).fill(n) })];
  assertEquals(compareOutputs(many(1), many(2)).length, 3);
});
