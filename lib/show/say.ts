/**
 * Shows a conclusion as formatted text, so that its numbers follow the assumptions.
 *
 * @example
 * ```ts
 * import { say } from "./say.ts";
 *
 * const worstMs = 3 * 1500 + 250 + 200;
 * await say(`A dead phone is noticed after **${worstMs / 1000} s** at the latest.`);
 * ```
 *
 * @module
 */
import { type Bundle, emit } from "./emit.ts";

/** The output of a Markdown text. */
export function markdownBundle(markdown: string): Bundle {
  if (typeof markdown !== "string" || markdown.trim() === "") {
    throw new TypeError(
      `Cannot show text: markdown must be a text that is not empty: received ${
        Deno.inspect(markdown)
      }`,
    );
  }
  return { data: { "text/markdown": markdown, "text/plain": markdown } };
}

/** Shows Markdown; await it last in a cell. */
export async function say(markdown: string): Promise<void> {
  await emit(markdownBundle(markdown));
}
