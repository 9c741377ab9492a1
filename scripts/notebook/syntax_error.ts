/**
 * Says why a cell cannot be parsed, which the kernel does not: it replies only "Execution failed".
 *
 * `deno fmt` reads standard input with the kernel's own parser, and names message, line and column.
 *
 * @example
 * ```ts
 * import { findSyntaxError } from "./syntax_error.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const error = await findSyntaxError("const beats = 3;\nconst rate = (;");
 * assertEquals(error?.message, "Expression expected");
 * assertEquals(error?.line, 2);
 * assertEquals(await findSyntaxError("const beats = 3;"), undefined);
 * ```
 *
 * @module
 */
import { denoOutput } from "./deno_output.ts";

/** The first syntax error in a cell's source, or `undefined` when there is none. */
export async function findSyntaxError(
  source: string,
): Promise<{ name: string; message: string; traceback: string[]; line: number } | undefined> {
  const args = ["fmt", "--no-config", "--ext", "ts", "-"];
  const { success, stderr } = await denoOutput(args, source);
  if (success) return undefined;
  const message = stderr.match(/SyntaxError: (.*)/)?.[1];
  const position = stderr.match(/_stdin\.ts:(\d+):(\d+)/);
  if (!message || !position) return undefined;
  const line = Number(position[1]);
  const column = Number(position[2]);
  const sourceLine = source.split("\n")[line - 1] ?? "";
  const traceback = [
    `SyntaxError: ${message}`,
    `    at line ${line}, column ${column}`,
    `    ${sourceLine}`,
  ];
  return { name: "SyntaxError", message, traceback, line };
}
