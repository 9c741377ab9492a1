/** Records what the reader would see. */
import { setSink } from "../../../lib/show/sink.ts";

/** One message to the notebook. */
export interface Message {
  type: string;
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
  transient: Record<string, unknown>;
}

/** Runs an action and returns the messages that it sent, also when it throws. */
export async function recorded(
  action: () => Promise<unknown>,
): Promise<{ messages: Message[]; error?: Error }> {
  const messages: Message[] = [];
  setSink({
    broadcast(type, content) {
      messages.push({ type, ...content as unknown as Omit<Message, "type"> });
      return Promise.resolve();
    },
  });
  try {
    await action();
    return { messages };
  } catch (error) {
    return { messages, error: error as Error };
  } finally {
    setSink();
  }
}
