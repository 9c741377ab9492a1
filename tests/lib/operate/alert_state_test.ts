import { assertEquals } from "@std/assert";
import { AlertState } from "lib/operate/alert_state.ts";

const run = (forMs: number, holds: string) => {
  const alert = new AlertState(forMs);
  return [...holds].map((symbol, i) => alert.evaluate(i * 1000, symbol === "x")[0]).join("");
};

Deno.test("AlertState.evaluate() fires once the condition has held for long enough", () => {
  assertEquals(run(0, ".xx."), "iffi");
  assertEquals(run(2000, ".xxxx.x"), "ippffip");
  assertEquals(run(2000, "xx.xx.xxx"), "ppippippf");
});

Deno.test("AlertState.firedAtMs is the first time it fired", () => {
  const alert = new AlertState(1000);
  for (const [ms, holds] of [[0, true], [1000, true], [2000, false], [3000, true]] as const) {
    alert.evaluate(ms, holds);
  }
  assertEquals([alert.firedAtMs, alert.phase], [1000, "pending"]);
});
