/**
 * Where outputs go: the notebook in a kernel, the terminal elsewhere, a recording in a test.
 *
 * A sink takes Jupyter messages. In a kernel the default one hands them to `Deno.jupyter`; outside,
 * where a cell's code runs as a plain script, it prints the `text/plain` form.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { say } from "./say.ts";
 * import { setSink } from "./sink.ts";
 *
 * const types: string[] = [];
 * setSink({ broadcast: (type) => Promise.resolve(void types.push(type)) });
 * await say("**33.3 M/s** reach the gateways");
 * setSink();
 * assertEquals(types, ["display_data"]);
 * ```
 *
 * @module
 */

/** Takes the messages that a kernel would send to its notebook. */
export interface Sink {
  /** Sends a message of this type (`display_data`, `update_display_data`). */
  broadcast(type: string, content: Record<string, unknown>): Promise<void>;
}

/** Reports whether this code runs in a Deno Jupyter kernel. */
export function isKernel(): boolean {
  try {
    return typeof Deno.jupyter.broadcast === "function";
  } catch {
    return false; // the getter throws outside `deno jupyter`
  }
}

/**
 * The kernel stamps an output with the cell that is current when it leaves the queue, not with the
 * one that made it. After this much quiet, none was ever lost or put on another cell.
 */
const FLUSH_MS = 12;

const kernelSink: Sink & { flush(): Promise<void> } = {
  broadcast: (type, content) => Deno.jupyter.broadcast(type, content),
  flush: () => new Promise((resolve) => setTimeout(resolve, FLUSH_MS)),
};

const terminalSink: Sink = {
  async broadcast(type, content) {
    if (type !== "display_data") return;
    const { "text/plain": text } = content.data as Record<string, string>;
    await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
  },
};

const defaultSink: Sink = isKernel() ? kernelSink : terminalSink;
let current = defaultSink;

/** Sends all outputs to `sink` from now on; without one, to the default again. */
export function setSink(sink: Sink = defaultSink): void {
  current = sink;
}

/** Sends one message to the sink in force. */
export async function broadcast(type: string, content: Record<string, unknown>): Promise<void> {
  await current.broadcast(type, content);
}

/** Waits until what was sent is safely on its cell; immediate outside a kernel. */
export async function flush(): Promise<void> {
  if (current === kernelSink) await kernelSink.flush();
}
