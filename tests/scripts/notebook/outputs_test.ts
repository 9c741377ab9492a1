import { assertEquals } from "@std/assert";
import type { Output } from "../../../scripts/notebook/notebook.ts";
import { LIMITS, OutputCollector } from "../../../scripts/notebook/outputs.ts";

type Call = [type: string, content: Parameters<OutputCollector["add"]>[1], bytes?: number];

function collect(...calls: Call[]): Output[] {
  const collector = new OutputCollector(new Map());
  for (const [type, content, bytes] of calls) collector.add(type, content, bytes);
  return collector.finish();
}

const print = (text: string, name: "stdout" | "stderr" = "stdout"): Call => [
  "stream",
  { name, text },
];
const display = (text: string, id?: string): Call => [
  "display_data",
  { data: { "text/plain": text }, metadata: {}, transient: { display_id: id } },
];
const clear = (wait: boolean): Call => ["clear_output", { wait }];
const stream = (text: string, name: "stdout" | "stderr" = "stdout"): Output => ({
  output_type: "stream",
  name,
  text,
});
const shown = (text: string): Output => ({
  output_type: "display_data",
  data: { "text/plain": text },
  metadata: {},
});

Deno.test("OutputCollector.add() merges chunks of one stream, and only those", () => {
  const outputs = collect(print("a"), print("b\n"), print("e", "stderr"), print("c"), display("d"));
  const expected = [stream("ab\n"), stream("e", "stderr"), stream("c"), shown("d")];
  assertEquals(outputs, expected);
  assertEquals(collect(print("a"), display("d"), print("b")).length, 3);
});

Deno.test("OutputCollector.add() keeps results and drops transient fields", () => {
  const data = { "text/plain": "3" };
  const content = { data, metadata: { a: 1 }, execution_count: 4, transient: {} };
  assertEquals(collect(["execute_result", content]), [
    { output_type: "execute_result", data, metadata: { a: 1 }, execution_count: 4 },
  ]);
});

Deno.test("OutputCollector.add() updates every display of an id, also of earlier cells", () => {
  const displays = new Map();
  const first = new OutputCollector(displays);
  first.add(...display("0 %", "bar"));
  const outputs = first.finish();
  const second = new OutputCollector(displays);
  second.add(...display("0 %", "bar"));
  second.add("update_display_data", {
    data: { "text/plain": "50 %" },
    transient: { display_id: "bar" },
  });
  second.add("update_display_data", { data: {}, transient: { display_id: "unknown" } });
  assertEquals([...outputs, ...second.finish()], [shown("50 %"), shown("50 %")]);
});

Deno.test("OutputCollector.add() clears at once, or with the next output", () => {
  assertEquals(collect(print("a"), clear(false)), []);
  assertEquals(collect(print("a"), clear(true)), [stream("a")]);
  assertEquals(collect(print("a"), clear(true), print("b")), [stream("b")]);
  assertEquals(collect(print("a"), clear(false), print("b"), print("c")), [stream("bc")]);
});

Deno.test("OutputCollector.add() ignores messages that are no outputs", () => {
  assertEquals(collect(["status", {}], ["execute_input", {}], ["comm_open", {}]), []);
});

Deno.test("OutputCollector.finish() counts the lines past the limit", () => {
  const lines = Array.from({ length: LIMITS.lines + 7 }, (_, i) => `${i}\n`);
  const expected = lines.slice(0, LIMITS.lines).join("") +
    "… 7 lines left out (a cell keeps 5,000 lines, 1 MiB)\n";
  assertEquals(collect(...lines.map((line) => print(line))), [stream(expected)]);
  assertEquals(collect(print(lines.join(""))), [stream(expected)], "in one chunk");
  const exact = lines.slice(0, LIMITS.lines).join("");
  assertEquals(collect(print(exact)), [stream(exact)], "exactly at the limit");
});

Deno.test("OutputCollector.finish() cuts one endless line", () => {
  const [output] = collect(print("x".repeat(3 << 20)), print("yyy"));
  const text = output.output_type === "stream" ? output.text : "";
  assertEquals(text.slice(1 << 20), "… 2 lines left out (a cell keeps 5,000 lines, 1 MiB)\n");
});

Deno.test("OutputCollector.add() starts counting anew after a clear", () => {
  const full = "x\n".repeat(LIMITS.lines + 1);
  assertEquals(collect(print(full), clear(false), print("new\n")), [stream("new\n")]);
});

Deno.test("OutputCollector.add() leaves out displays past 64 MiB", () => {
  const [type, content] = display("big");
  const outputs = collect([type, content, 60 << 20], [type, content, 5 << 20], display("small"));
  const note = shown("… text/plain of 5.0 MiB left out (a cell keeps 64 MiB)");
  assertEquals(outputs, [shown("big"), note, shown("small")]);
});

Deno.test("OutputCollector tells each piece as it comes, as far as it is kept", () => {
  const seen: Output[] = [];
  const collector = new OutputCollector(new Map(), (output) => seen.push(output));
  const full = "x\n".repeat(LIMITS.lines);
  for (const call of [print("a\n"), print("b\n"), display("d"), print(full)]) {
    collector.add(call[0], call[1]);
  }
  const rest = stream("x\n".repeat(LIMITS.lines - 2));
  assertEquals(seen, [stream("a\n"), stream("b\n"), shown("d"), rest]);
});
