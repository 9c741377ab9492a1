/**
 * A kernel seen as Jupyter's own clients see it: without marks, without our listeners, each output under
 * the request that the kernel names.
 *
 * @module
 */
import { KernelProcess } from "../../../scripts/notebook/kernel_process.ts";
import { type Message, Signer } from "../../../scripts/notebook/messages.ts";
import { ZmtpSocket } from "../../../scripts/notebook/zmtp.ts";

// deno-lint-ignore no-explicit-any
type Content = any;

/** What came of one request: its reply, and what was on iopub when reply and idle had come. */
export interface Exchange {
  reply: Content;
  outputs: Message[];
}

/** For an answer that will come: a loaded machine may take long. */
const PATIENCE_MS = 60_000;

export class RawKernel {
  readonly #process: KernelProcess;
  readonly #signer: Signer;
  readonly #waiting = new Map<string, (content: Content) => void>();
  readonly #idle = new Map<string, () => void>();
  readonly #marks = new Map<string, () => void>();
  readonly #listening: Promise<void>[] = [];
  #shell!: ZmtpSocket;
  #control!: ZmtpSocket;
  #iopub!: ZmtpSocket;
  /** All outputs so far, in the order of their arrival. */
  readonly outputs: Message[] = [];

  private constructor(process: KernelProcess) {
    this.#process = process;
    this.#signer = new Signer(process.connection.key);
  }

  static async start(cwd: string, env: Record<string, string> = {}): Promise<RawKernel> {
    const process = await KernelProcess.spawn(cwd, env);
    const kernel = new RawKernel(process);
    const { shell_port, control_port, iopub_port } = process.connection;
    kernel.#shell = await kernel.#open("DEALER", shell_port);
    kernel.#control = await kernel.#open("DEALER", control_port);
    kernel.#iopub = await kernel.#open("SUB", iopub_port);
    for (const socket of [kernel.#shell, kernel.#control, kernel.#iopub]) {
      kernel.#listening.push(kernel.#listen(socket));
    }
    while (kernel.#subscribed === false) await kernel.request("kernel_info_request", {});
    return kernel;
  }

  #subscribed = false;

  get pid(): number {
    return this.#process.pid;
  }

  get exited(): Promise<Deno.CommandStatus> {
    return this.#process.exited;
  }

  get log(): string {
    return this.#process.log;
  }

  /** Sends a request on shell or control; its reply, or "no reply" after `patienceMs`. */
  async request(
    type: string,
    content: object,
    options: { channel?: "shell" | "control"; patienceMs?: number } = {},
  ): Promise<Content> {
    const { channel = "shell", patienceMs = PATIENCE_MS } = options;
    const { id, frames } = this.#signer.encode(type, content);
    return await this.#within(patienceMs, this.#send(channel, id, frames));
  }

  /** Runs a cell as nbclient does: until its reply and its idle have come. */
  async run(code: string, patienceMs = PATIENCE_MS): Promise<Exchange> {
    const { id, frames } = this.#encode(code);
    const idle = new Promise<void>((resolve) => this.#idle.set(id, resolve));
    const reply = await this.#within(patienceMs, this.#send("shell", id, frames));
    if (reply !== "no reply") await idle;
    return { reply, outputs: this.outputs.filter(({ parentId }) => parentId === id) };
  }

  /** Runs cells as Run All does, all requests at once; the outputs by the cell that they came under. */
  async runAll(cells: string[]): Promise<Message[][]> {
    const requests = cells.map((code) => this.#encode(code));
    await Promise.all(requests.map(({ id, frames }) => this.#send("shell", id, frames)));
    await this.settle();
    return requests.map(({ id }) => this.outputs.filter(({ parentId }) => parentId === id));
  }

  /** Waits until all that was shown has come: the kernel sends outputs in order, a mark as the last. */
  async settle(): Promise<void> {
    const mark = crypto.randomUUID();
    const heard = new Promise<void>((resolve) => this.#marks.set(mark, resolve));
    await this.run(
      `await Deno.jupyter.broadcast("display_data", ` +
        `{ data: { "text/plain": "${mark}" }, metadata: {}, transient: {} });`,
    );
    await heard;
  }

  /** Waits until something was shown that has this text in it. */
  async shown(text: string): Promise<void> {
    while (!this.outputs.some(({ content }) => JSON.stringify(content).includes(text))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async kill(): Promise<void> {
    await this.#process.kill();
    await Promise.all(this.#listening);
    for (const socket of [this.#shell, this.#control, this.#iopub]) socket.close();
  }

  #encode(code: string): { id: string; frames: Uint8Array[] } {
    const content = { code, silent: false, store_history: true, allow_stdin: false };
    return this.#signer.encode("execute_request", content);
  }

  async #send(channel: "shell" | "control", id: string, frames: Uint8Array[]): Promise<Content> {
    const { promise, resolve } = Promise.withResolvers<Content>();
    this.#waiting.set(id, resolve);
    await (channel === "shell" ? this.#shell : this.#control).send(frames);
    return await promise;
  }

  async #within(ms: number, answer: Promise<Content>): Promise<Content> {
    const { promise, resolve } = Promise.withResolvers<Content>();
    const timer = setTimeout(() => resolve("no reply"), ms);
    answer.then(resolve);
    const first = await promise;
    clearTimeout(timer);
    return first;
  }

  async #open(type: "DEALER" | "SUB", port: number): Promise<ZmtpSocket> {
    for (;;) {
      try {
        return await ZmtpSocket.connect(type, port);
      } catch (error) {
        if (!(error instanceof Deno.errors.ConnectionRefused) || this.#process.ended) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  async #listen(socket: ZmtpSocket): Promise<void> {
    for await (const frames of socket.messages()) {
      const message = this.#signer.decode(frames);
      if (socket !== this.#iopub) {
        this.#waiting.get(message.parentId ?? "")?.(message.content);
      } else if (message.type === "status") {
        this.#subscribed = true;
        if (message.content.execution_state === "idle") this.#idle.get(message.parentId ?? "")?.();
      } else if (message.type !== "execute_input") {
        const mark = this.#marks.get(message.content.data?.["text/plain"]);
        if (mark === undefined) this.outputs.push(message);
        else mark();
      }
    }
  }
}
