/**
 * A Deno Jupyter kernel: start it, run cells, end it.
 *
 * A cell ends in one of four ways: it ran, it failed (threw, could not be parsed, or an error surfaced
 * in a timer, an event handler or a promise that it started and did not await), it ran past its limit
 * of wall-clock time, or the kernel died. After the last two, and when a cell whose error surfaced
 * elsewhere does not end, the kernel is gone.
 *
 * Simplified: no interrupt (it hangs a kernel that awaits) and no stdin; a cell that must stop is
 * stopped by ending the kernel.
 *
 * @example
 * ```ts
 * import { Kernel } from "./kernel.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const kernel = await Kernel.start({ cwd: "." });
 * const result = await kernel.execute("6 * 7", { timeoutMs: 10_000 });
 * await kernel.shutdown();
 * assertEquals(result.outputs, [{
 *   output_type: "execute_result",
 *   data: { "text/plain": "42" },
 *   metadata: {},
 *   execution_count: 1,
 * }]);
 * ```
 *
 * @module
 */
import { KernelClient, MARK } from "./kernel_client.ts";
import { KernelProcess } from "./kernel_process.ts";
import type { Output } from "./notebook.ts";
import { type Displays, OutputCollector } from "./outputs.ts";
import { type CellError, type Ending, judge, type Verdict } from "./verdict.ts";

export interface KernelOptions {
  /** The notebook's folder: imports resolve from here. */
  cwd: string;
  /** Added to the environment of this process. */
  env?: Record<string, string>;
  /** Ends the kernel. */
  signal?: AbortSignal;
  /** Five ports for an attempt to start, counted from 1. Default: free ones. */
  ports?: (attempt: number) => number[] | undefined;
}

export interface ExecuteOptions {
  /** Wall-clock limit in milliseconds; past it the kernel is killed. */
  timeoutMs: number;
  /** Called with each piece of output as it comes. */
  onOutput?: (output: Output) => void;
  /** False keeps the execution counter as it is. Default true. */
  storeHistory?: boolean;
}

/** What came of a cell. */
export interface CellResult extends Verdict {
  /** With the error, if there is one, as the last. */
  outputs: Output[];
}

const START_ATTEMPTS = 3;
const START_LIMIT_MS = 60_000;
// Limits for what takes milliseconds: a loaded machine may not run a process for a second or two.
const LAST_WORDS_MS = 10_000;
const SHUTDOWN_LIMIT_MS = 2_000;
const SCRIPTS_LIMIT_MS = 15_000;
/** A cell whose error surfaced outside of it gets this long to end by itself. */
const STUCK_MS = 3_000;

/** Broadcasts the text of all scripts that V8 holds: cells as the kernel transpiled them. */
const READ_SCRIPTS = `
  const { Session } = await import("node:inspector");
  const session = new Session();
  session.connect();
  const ids = [];
  session.on("Debugger.scriptParsed", ({ params }) => params.url === "" && ids.push(params.scriptId));
  const post = (method, params) =>
    new Promise((resolve) => session.post(method, params, (_, answer) => resolve(answer)));
  await post("Debugger.enable");
  const scripts = [];
  for (const scriptId of ids) {
    const answer = await post("Debugger.getScriptSource", { scriptId });
    scripts.push(answer?.scriptSource ?? "");
  }`;

export class Kernel {
  readonly #process: KernelProcess;
  readonly #client: KernelClient;
  readonly #displays: Displays = new Map();
  #uncaught?: CellError;
  #onUncaught = () => {};

  private constructor(process: KernelProcess) {
    this.#process = process;
    this.#client = new KernelClient(process.connection.key);
    this.#client.onUncaught = (error) => {
      this.#uncaught ??= error;
      this.#onUncaught();
    };
  }

  /**
   * Starts a kernel and waits until it answers.
   *
   * @throws {Error} when it does not, with what it wrote itself; or the signal's reason
   */
  static async start(options: KernelOptions): Promise<Kernel> {
    const { cwd, env, signal, ports } = options;
    for (let attempt = 1;; attempt++) {
      signal?.throwIfAborted();
      const process = await KernelProcess.spawn(cwd, env, ports?.(attempt));
      const kernel = new Kernel(process);
      const abort = () => process.kill();
      signal?.addEventListener("abort", abort);
      process.exited.then(() => signal?.removeEventListener("abort", abort));
      const limit = setTimeout(abort, START_LIMIT_MS);
      try {
        await Promise.race([
          kernel.#client.connect(process.connection, () => process.ended),
          process.exited.then(() => Promise.reject(new Error("the kernel process ended"))),
        ]);
        await process.removeConnectionFile();
        return kernel;
      } catch (error) {
        // Its sockets close before it has written why it ends.
        const lastWords = setTimeout(abort, LAST_WORDS_MS);
        await process.exited;
        clearTimeout(lastWords);
        await kernel.kill();
        signal?.throwIfAborted();
        if (attempt < START_ATTEMPTS) continue;
        throw new Error(
          `Cannot start kernel in ${cwd}: it must answer on its ports: received ` +
            `"${reason(process.log) ?? (error as Error).message}" in ${attempt} attempts`,
        );
      } finally {
        clearTimeout(limit);
      }
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** True once the process has ended, by itself or by us. */
  get ended(): boolean {
    return this.#process.ended;
  }

  /** The end of what the kernel process itself wrote, such as a crash report. */
  get log(): string {
    return this.#process.log;
  }

  /** Runs a cell; whatever it does is a result, never an exception. */
  async execute(code: string, options: ExecuteOptions): Promise<CellResult> {
    const collector = new OutputCollector(this.#displays, options.onOutput);
    this.#client.onOutput = ({ type, content, bytes }) => collector.add(type, content, bytes);
    const ending = await this.#untilEnd(code, options);
    if (ending.by !== "reply") await this.kill();
    const uncaught = this.#uncaught;
    this.#uncaught = undefined;
    const { timeoutMs } = options;
    const verdict = await judge(ending, { code, timeoutMs, log: this.log, uncaught });
    const outputs = collector.finish();
    if (verdict.error) {
      const { name, message, traceback } = verdict.error;
      outputs.push({ output_type: "error", ename: name, evalue: message, traceback });
    }
    return { ...verdict, outputs };
  }

  /** The cells that ran, as the kernel transpiled them: tracebacks count lines in these. */
  async transpiledCells(): Promise<string[]> {
    const { promise, resolve } = Promise.withResolvers<{ scripts: string[] }>();
    const giveUp = () => resolve({ scripts: [] });
    this.#process.exited.then(giveUp);
    const limit = setTimeout(giveUp, SCRIPTS_LIMIT_MS);
    this.#client.ask(READ_SCRIPTS, "scripts").then(resolve, giveUp);
    const { scripts } = await promise;
    clearTimeout(limit);
    const isCell = (text: string) => text.startsWith("'use strict'; void 0;");
    return scripts.filter((text) => isCell(text) && !text.includes(MARK));
  }

  /** Asks the kernel to end, and kills it when it does not; ends its children too. */
  async shutdown(): Promise<void> {
    if (!this.#process.ended) {
      await this.#client.requestShutdown().catch(() => {});
      const limit = setTimeout(() => this.#process.kill(), SHUTDOWN_LIMIT_MS);
      await this.#process.exited;
      clearTimeout(limit);
    }
    await this.kill();
  }

  /** Ends the kernel and its children at once. */
  async kill(): Promise<void> {
    await this.#process.kill();
    await this.#client.close();
  }

  async #untilEnd(code: string, options: ExecuteOptions): Promise<Ending> {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    const limit = setTimeout(() => resolve({ by: "limit" }), options.timeoutMs);
    let stuck: ReturnType<typeof setTimeout> | undefined;
    this.#onUncaught = () => {
      stuck ??= setTimeout(() => resolve({ by: "uncaught" }), STUCK_MS);
    };
    if (this.#uncaught) this.#onUncaught();
    this.#process.exited.then((exit) => resolve({ by: "exit", exit }));
    const run = async () => {
      const reply = await this.#client.execute(code, { storeHistory: options.storeHistory });
      await this.#client.ask();
      resolve({ by: "reply", reply });
    };
    run().catch(() => {}); // a broken connection: the process has ended, or the limit will come
    const ending = await promise;
    clearTimeout(limit);
    clearTimeout(stuck);
    this.#onUncaught = () => {};
    return ending;
  }
}

/** The line in which a process said why it ended. */
function reason(log: string): string | undefined {
  return log.match(/.*(?:error|fatal|panicked).*/i)?.[0];
}
