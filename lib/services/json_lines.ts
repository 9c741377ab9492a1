/**
 * Reads a stream of JSON values, one a line, as gateways of gRPC stream them.
 *
 * @example
 * ```ts
 * import { readJsonLines } from "./json_lines.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const body = new Response('{"a":1}\n{"a":2}\n').body!;
 * assertEquals(await Array.fromAsync(readJsonLines(body)), [{ a: 1 }, { a: 2 }]);
 * ```
 *
 * @module
 */

/** @throws {SyntaxError} at a line that is no JSON */
export async function* readJsonLines(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<unknown, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== "") yield JSON.parse(line);
  }
  if (rest.trim() !== "") yield JSON.parse(rest);
}
