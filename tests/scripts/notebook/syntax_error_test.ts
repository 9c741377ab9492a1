import { assertEquals } from "@std/assert";
import { findSyntaxError } from "../../../scripts/notebook/syntax_error.ts";

Deno.test("findSyntaxError() says what is wrong, where, and shows the line", async () => {
  assertEquals(await findSyntaxError("const a = 1;\n\n  const b = [1, 2;"), {
    name: "SyntaxError",
    message: "Expected ',', got ';'",
    traceback: [
      "SyntaxError: Expected ',', got ';'",
      "    at line 3, column 18",
      "      const b = [1, 2;",
    ],
    line: 3,
  });
});

Deno.test("findSyntaxError() finds nothing in cells that parse", async () => {
  for (const source of ["", "await f();\nimport x from 'x';", "enum A { b }\n@c class D {}"]) {
    assertEquals(await findSyntaxError(source), undefined, source);
  }
});

Deno.test("findSyntaxError() sees the end of a cell that is cut off", async () => {
  const error = await findSyntaxError("function f() {\n  return 1;\n");
  assertEquals([error?.name, error?.line], ["SyntaxError", 2]);
});
