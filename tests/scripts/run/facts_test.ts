import { assertEquals } from "@std/assert";
import { type CodeCell, newNotebook } from "../../../scripts/notebook/notebook.ts";
import { FACTS, readFacts } from "../../../scripts/run/facts.ts";

function emitting(...facts: unknown[]) {
  const notebook = newNotebook(["await emit();", "1;"]);
  (notebook.cells[0] as CodeCell).outputs = facts.map((fact) => ({
    output_type: "display_data",
    data: { "text/plain": "shown", [FACTS]: fact },
    metadata: {},
  }));
  (notebook.cells[1] as CodeCell).outputs = [{
    output_type: "display_data",
    data: { "text/plain": "no fact" },
    metadata: {},
  }];
  return notebook;
}

Deno.test("readFacts() sorts facts by kind and keeps their order", () => {
  const facts = readFacts(emitting(
    { kind: "result", name: "a", value: 1, unit: "s", text: "1 s" },
    { kind: "accept", name: "fast", pass: true, detail: "4.95 s", defaults: true },
    { kind: "result", name: "b", value: 2, unit: "s", text: "2 s" },
    { kind: "file", name: "alerts.yaml", mediaType: "text/yaml", text: "groups: []" },
    { kind: "assumptions", assumptions: [{ name: "heartbeat", value: 1.5 }] },
    { kind: "of the future" },
  ));
  assertEquals(facts.results.map(({ name }) => name), ["a", "b"]);
  assertEquals(facts.accepted, [{ name: "fast", pass: true, detail: "4.95 s", defaults: true }]);
  assertEquals(facts.files, [{
    name: "alerts.yaml",
    mediaType: "text/yaml",
    text: "groups: []",
  }]);
  assertEquals(facts.assumptions.length, 1);
  assertEquals(facts.published, []);
});
