/**
 * Turns the messages of a running cell into its outputs.
 *
 * Chunks of one stream become one output, `update_display_data` changes the display that it names
 * (also one of an earlier cell), `clear_output` empties the list, and fields that nbformat does not
 * store are dropped. What a cell may keep is limited, so that a cell that floods its output ends as a
 * readable notebook; a note says how much was left out.
 *
 * @example
 * ```ts
 * import { OutputCollector } from "./outputs.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const collector = new OutputCollector(new Map());
 * collector.add("stream", { name: "stdout", text: "a\n" });
 * collector.add("stream", { name: "stdout", text: "b\n" });
 * assertEquals(collector.finish(), [{ output_type: "stream", name: "stdout", text: "a\nb\n" }]);
 * ```
 *
 * @module
 */
import type { DisplayOutput, MimeBundle, Output, StreamOutput } from "./notebook.ts";

/** What a cell keeps: lines and characters of printed text, bytes of everything that it shows. */
export const LIMITS = { lines: 5_000, characters: 1 << 20, displayBytes: 64 << 20 };

/** Content of the messages that carry outputs. */
interface OutputContent {
  name?: "stdout" | "stderr";
  text?: string;
  data?: MimeBundle;
  metadata?: Record<string, unknown>;
  execution_count?: number | null;
  transient?: { display_id?: string };
  wait?: boolean;
}

/** The displays of one kernel by display id, for later updates. */
export type Displays = Map<string, DisplayOutput[]>;

/** Collects the outputs of one cell. */
export class OutputCollector {
  #outputs: Output[] = [];
  #displays: Displays;
  #onOutput: (output: Output) => void;
  #clearNext = false;
  #lines = 0;
  #characters = 0;
  #bytes = 0;
  #linesLeftOut = 0;

  constructor(displays: Displays, onOutput: (output: Output) => void = () => {}) {
    this.#displays = displays;
    this.#onOutput = onOutput;
  }

  /** Takes one message; `bytes` is the size of its content on the wire. */
  add(type: string, content: OutputContent, bytes = 0): void {
    if (type === "clear_output") {
      this.#clearNext = true;
      if (!content.wait) this.#clear();
    } else if (type === "stream") {
      this.#clear();
      this.#print(content.name ?? "stdout", content.text ?? "");
    } else if (type === "update_display_data") {
      this.#update(content);
    } else if (type === "display_data" || type === "execute_result") {
      this.#clear();
      this.#show(type, content, bytes);
    }
  }

  /** The outputs; printed text that went past the limits is counted in a last line. */
  finish(): Output[] {
    if (this.#linesLeftOut > 0) {
      const kept = `a cell keeps ${LIMITS.lines.toLocaleString("en")} lines, 1 MiB`;
      const text = `… ${this.#linesLeftOut.toLocaleString("en")} lines left out (${kept})\n`;
      this.#append({ output_type: "stream", name: "stdout", text });
      this.#linesLeftOut = 0;
    }
    return this.#outputs;
  }

  #clear(): void {
    if (!this.#clearNext) return;
    this.#clearNext = false;
    this.#outputs = [];
    this.#lines =
      this.#characters =
      this.#bytes =
      this.#linesLeftOut =
        0;
  }

  #print(name: StreamOutput["name"], text: string): void {
    const room = Math.min(text.length, LIMITS.characters - this.#characters);
    let end = 0;
    while (end < room && this.#lines < LIMITS.lines) {
      const newline = text.indexOf("\n", end);
      end = newline < 0 ? room : Math.min(newline + 1, room);
      if (text[end - 1] === "\n") this.#lines++;
    }
    this.#characters += end;
    if (end > 0) this.#append({ output_type: "stream", name, text: text.slice(0, end) });
    if (end < text.length) {
      this.#linesLeftOut += Math.max(1, text.slice(end).split("\n").length - 1);
    }
  }

  #append(chunk: StreamOutput): void {
    const last = this.#outputs.at(-1);
    if (last?.output_type === "stream" && last.name === chunk.name) last.text += chunk.text;
    else this.#outputs.push({ ...chunk });
    this.#onOutput(chunk);
  }

  #show(type: "display_data" | "execute_result", content: OutputContent, bytes: number): void {
    let { data = {}, metadata = {} } = content;
    if (this.#bytes + bytes > LIMITS.displayBytes) {
      const size = `${(bytes / (1 << 20)).toFixed(1)} MiB`;
      const types = Object.keys(data).join(", ");
      data = { "text/plain": `… ${types} of ${size} left out (a cell keeps 64 MiB)` };
      metadata = {};
    } else {
      this.#bytes += bytes;
    }
    const output: Output = type === "display_data"
      ? { output_type: type, data, metadata }
      : { output_type: type, data, metadata, execution_count: content.execution_count ?? null };
    this.#outputs.push(output);
    const id = content.transient?.display_id;
    if (id !== undefined && output.output_type === "display_data") {
      this.#displays.set(id, [...this.#displays.get(id) ?? [], output]);
    }
    this.#onOutput(output);
  }

  #update(content: OutputContent): void {
    for (const display of this.#displays.get(content.transient?.display_id ?? "") ?? []) {
      display.data = content.data ?? {};
      display.metadata = content.metadata ?? {};
      this.#onOutput(display);
    }
  }
}
