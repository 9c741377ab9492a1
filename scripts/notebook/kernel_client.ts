/**
 * Talks to a kernel that listens: requests and replies on its shell, outputs on its iopub.
 *
 * The kernel answers a cell before it has sent all of its outputs, and stamps them with whichever
 * request is current. So outputs are told apart by marks: `ask()` sends a silent request that
 * broadcasts a token, and as the kernel's queue of outputs is first-in first-out, what came before
 * the token belongs to what ran before it.
 *
 * Simplified: no stdin, heartbeat (the process is watched instead), comms or completion.
 *
 * @module
 */
import type { Connection } from "./kernel_process.ts";
import { type Message, Signer } from "./messages.ts";
import { ZmtpSocket } from "./zmtp.ts";

/** The media type of what our own silent requests broadcast. */
export const MARK = "application/vnd.workshop.run+json";

/** An error that no cell awaited, reported by the listeners of `SETUP`. */
export interface Uncaught {
  name: string;
  message: string;
  traceback: string[];
}

// deno-lint-ignore no-explicit-any
type Content = any;

/** Code that broadcasts fields of an object literal to us. */
function broadcast(fields: string): string {
  return `Deno.jupyter.broadcast("display_data", ` +
    `{ data: { "${MARK}": { ${fields} } }, metadata: {}, transient: {} })`;
}

/**
 * Reports errors in timers, event handlers and promises that nobody awaits, which otherwise hang the
 * kernel or are lost; and ends the kernel when the process that started it is gone.
 */
const SETUP = `{
  const report = (error) => ${
  broadcast(`uncaught: error instanceof Error
    ? { name: error.name, message: error.message, traceback: String(error.stack).split("\\n") }
    : { name: "Error", message: String(error), traceback: [] }`)
};
  addEventListener("error", (event) => {
    event.preventDefault();
    report(event.error ?? event.message);
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    report(event.reason);
  });
  setInterval(() => Deno.ppid === ${Deno.pid} || Deno.exit(1), 1_000);
}`;

/** Between connection and subscription a mark can be lost; after this long we send another. */
const MARK_AGAIN_MS = 250;

/** The client's end of the connections to one kernel. */
export class KernelClient {
  /** Called with each message that carries an output. */
  onOutput: (message: Message) => void = () => {};
  onUncaught: (error: Uncaught) => void = () => {};
  readonly #signer: Signer;
  readonly #replies = new Map<string, (content: Content) => void>();
  readonly #marks = new Map<string, (content: Content) => void>();
  readonly #sockets: ZmtpSocket[] = [];
  readonly #listening: Promise<void>[] = [];

  constructor(key: string) {
    this.#signer = new Signer(key);
  }

  /** Connects as soon as the kernel listens, and returns when it answers; `hasEnded` gives up. */
  async connect(connection: Connection, hasEnded: () => boolean): Promise<void> {
    const { shell_port, iopub_port, control_port } = connection;
    await this.#open("DEALER", shell_port, hasEnded, (message) => {
      this.#replies.get(message.parentId ?? "")?.(message.content);
    });
    await this.#open("SUB", iopub_port, hasEnded, (message) => this.#publish(message));
    await this.#open("DEALER", control_port, hasEnded, () => {});
    await this.execute(SETUP, { silent: true });
    for (let heard = false; !heard;) {
      if (hasEnded()) throw new Error("the kernel process ended");
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const timer = setTimeout(() => resolve(false), MARK_AGAIN_MS);
      this.ask().then(() => resolve(true), () => {}); // a broken connection: the process ends
      heard = await promise;
      clearTimeout(timer);
    }
  }

  /** Runs code; returns the content of the reply, which may come before the outputs. */
  execute(
    code: string,
    options: { silent?: boolean; storeHistory?: boolean } = {},
  ): Promise<Content> {
    const { silent = false, storeHistory = !silent } = options;
    const { id, frames } = this.#signer.encode("execute_request", {
      code,
      silent,
      store_history: storeHistory,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: false,
    });
    const { promise, resolve, reject } = Promise.withResolvers<Content>();
    this.#replies.set(id, resolve);
    this.#sockets[0].send(frames).catch(reject);
    return promise.finally(() => this.#replies.delete(id));
  }

  /**
   * Runs `code` silently, then broadcasts `fields` of an object literal, and returns the object: when
   * it does, all outputs of what ran before have come.
   */
  async ask(code = "", fields = ""): Promise<Content> {
    const token = crypto.randomUUID();
    const { promise, resolve } = Promise.withResolvers<Content>();
    this.#marks.set(token, resolve);
    const mark = broadcast(`token: "${token}", ${fields}`);
    const reply = await this.execute(`{ ${code}; await ${mark}; }`, { silent: true });
    if (reply.status !== "ok") throw new Error(`Cannot ask kernel: received ${reply.evalue}`);
    return await promise.finally(() => this.#marks.delete(token));
  }

  /** Asks the kernel to end. */
  async requestShutdown(): Promise<void> {
    await this.#sockets[2]?.send(
      this.#signer.encode("shutdown_request", { restart: false }).frames,
    );
  }

  /** Takes what has arrived until the kernel's end of the connections closes, and closes ours. */
  async close(): Promise<void> {
    await Promise.all(this.#listening);
    for (const socket of this.#sockets) socket.close();
  }

  async #open(
    type: "DEALER" | "SUB",
    port: number,
    hasEnded: () => boolean,
    take: (message: Message) => void,
  ): Promise<void> {
    while (!hasEnded()) {
      try {
        const socket = await ZmtpSocket.connect(type, port);
        this.#sockets.push(socket);
        this.#listening.push(this.#listen(socket, take));
        return;
      } catch (error) {
        if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    throw new Error("the kernel process ended");
  }

  async #listen(socket: ZmtpSocket, take: (message: Message) => void): Promise<void> {
    for await (const frames of socket.messages()) {
      let message: Message;
      try {
        message = this.#signer.decode(frames);
      } catch {
        continue; // not from our kernel
      }
      take(message);
    }
  }

  #publish(message: Message): void {
    const mark = message.type === "display_data" ? message.content.data?.[MARK] : undefined;
    if (mark?.token) this.#marks.get(mark.token)?.(mark);
    else if (mark?.uncaught) this.onUncaught(mark.uncaught);
    else this.onOutput(message);
  }
}
