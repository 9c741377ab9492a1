import { assertEquals, assertThrows } from "@std/assert";
import { parseFlags, positiveInteger, UsageError } from "../../scripts/usage.ts";

const FLAGS = {
  set: { type: "string", multiple: true },
  parameter: { type: "string", short: "p", multiple: true },
  help: { type: "boolean" },
} as const;

Deno.test("parseFlags() takes -p name value, wherever it stands", () => {
  const { values, positionals } = parseFlags(["01", "-p", "loss", "2 %", "02"], FLAGS);
  assertEquals(values.parameter, ["loss=2 %"]);
  assertEquals(positionals, ["01", "02"]);
});

Deno.test("parseFlags() names the nearest flag for a misspelt one", () => {
  assertThrows(
    () => parseFlags(["--sett", "a=1"], FLAGS),
    UsageError,
    "a flag must be one of --set --parameter --help: received --sett. Did you mean --set?",
  );
});

Deno.test("parseFlags() refuses a flag without its value", () => {
  assertThrows(() => parseFlags(["--set"], FLAGS), UsageError, "--set <value>");
  assertThrows(
    () => parseFlags(["-p", "loss"], FLAGS),
    UsageError,
    "-p must be followed by a name and a value",
  );
  assertThrows(() => parseFlags(["--help=yes"], FLAGS), UsageError, "does not take an argument");
});

Deno.test("positiveInteger() takes whole numbers above zero only", () => {
  assertEquals(positiveInteger("jobs", "4"), 4);
  for (const text of ["0", "-1", "1.5", "many", "", "NaN"]) {
    assertThrows(() => positiveInteger("jobs", text), UsageError, `above 0: received ${text}`);
  }
});
