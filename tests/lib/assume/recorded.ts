import { setSink, type Sink } from "lib/show/sink.ts";

/** What was shown while `run` ran: the data of each output. */
export async function recorded(run: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  const outputs: Record<string, unknown>[] = [];
  const sink: Sink = {
    broadcast: (_type, content) => {
      outputs.push(content.data as Record<string, unknown>);
      return Promise.resolve();
    },
  };
  setSink(sink);
  try {
    await run();
  } finally {
    setSink();
  }
  return outputs;
}
