import { assertEquals } from "@std/assert";
import { isAtLeast } from "../../../lib/services/version.ts";

Deno.test("isAtLeast() compares versions by number, not by text", () => {
  assertEquals(
    ["6.2.0", "6.2.14", "7.0.15", "7", "10.0.0", "6.0.16", "6", "5.9.9", "unknown"]
      .map((version) => isAtLeast(version, "6.2")),
    [true, true, true, true, true, false, false, false, false],
  );
});
