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

/** The first syntax error in a cell's source, or `undefined` when there is none. */
export async function findSyntaxError(
  source: string,
): Promise<{ name: string; message: string; traceback: string[]; line: number } | undefined> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--no-config", "--ext", "ts", "-"],
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(source));
  await writer.close();
  const { success, stderr } = await child.output();
  if (success) return undefined;
  const report = new TextDecoder().decode(stderr);
  const message = report.match(/SyntaxError: (.*)/)?.[1];
  const position = report.match(/_stdin\.ts:(\d+):(\d+)/);
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
