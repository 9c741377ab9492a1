/**
 * One server process: started in a folder of its own, ready when it answers, stopped, killed, paused, restarted.
 *
 * The folder holds its log (`log`), its pid while it runs (`pid`) and whatever the server writes. A start that fails
 * keeps the log in `.workshop/logs/` and throws with its last lines.
 *
 * @module
 */
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Files, readFiles, writeFiles } from "./folder_files.ts";
import { signalTree, waitForEnd, waitForStop } from "./processes.ts";

export interface ProcessSpec {
  command: string;
  args: string[];
  cwd?: string;
  env?: Record<string, string>;
  /** Asks the process to end in good order. Default: SIGTERM. */
  stopSignal?: Deno.Signal;
  /** From the request to end to SIGKILL, in milliseconds. Default: 2,000. */
  graceMs?: number;
  /** For a server whose data go with it: it is killed at the end, not asked. */
  killAtEnd?: boolean;
  /** Tells whether the files of the folder will do: the program's own checker. */
  check?: { command: string; args: string[] };
  /** Tells the process to read its files again. */
  reloadSignal?: Deno.Signal;
}

/** Resolves once the server answers; must stop trying when the signal aborts. */
export type Ready = (signal: AbortSignal) => Promise<void>;
export type ProcessState = "running" | "paused" | "stopped";
export type ProcessAction = "stop" | "kill" | "pause" | "resume" | "restart" | "reload";

/** Asks again and again, every 10 ms, until the answer is yes. */
export async function pollUntil(
  isReady: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && !await isReady()) await sleep(10);
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Writes as it comes; `pipeTo` a file holds text back until the stream ends. */
async function appendTo(path: string, stream: ReadableStream<Uint8Array>): Promise<void> {
  using file = await Deno.open(path, { append: true, create: true });
  for await (const chunk of stream) {
    try {
      for (let done = 0; done < chunk.length;) done += await file.write(chunk.subarray(done));
    } catch {
      // The disk is full: read on all the same, so that the server does not block.
    }
  }
}

/** How servers say that another process has their port. */
export const ADDRESS_IN_USE = /address (already )?in use/i;

const logsFolder = fileURLToPath(new URL("../../.workshop/logs/", import.meta.url));

export class ServerProcess {
  readonly name: string;
  readonly folder: string;
  #spec: ProcessSpec;
  #ready: Ready;
  #readyTimeoutMs: number;
  #child: Deno.ChildProcess | undefined;
  #state: ProcessState = "stopped";
  #logged: Promise<unknown> = Promise.resolve();

  constructor(folder: string, spec: ProcessSpec, ready: Ready, readyTimeoutMs = 60_000) {
    this.name = basename(folder);
    this.folder = folder;
    this.#spec = spec;
    this.#ready = ready;
    this.#readyTimeoutMs = readyTimeoutMs;
  }

  get state(): ProcessState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts the process and waits until it answers.
   *
   * @throws {Error} with the end of its log, or with what its checker says
   */
  async start(): Promise<void> {
    await this.#check();
    const child = this.#spawn();
    const abort = new AbortController();
    const outcome = await Promise.race([
      this.#ready(abort.signal).then(() => "ready" as const),
      child.status.then(({ code, signal }) => `it ended (${signal ?? `code ${code}`}) before`),
      new Promise<string>((done) => {
        const timer = setTimeout(
          () => done(`${this.#readyTimeoutMs / 1000} s passed before`),
          this.#readyTimeoutMs,
        );
        abort.signal.addEventListener("abort", () => clearTimeout(timer));
      }),
    ]).finally(() => abort.abort());
    if (outcome === "ready") return;
    await this.kill();
    throw new Error(`Cannot start ${this.name}: ${outcome} it answered\n${await this.#keepLog()}`);
  }

  #spawn(): Deno.ChildProcess {
    const { command, args, cwd = this.folder, env } = this.#spec;
    const child = new Deno.Command(command, {
      args,
      cwd,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    this.#state = "running";
    Deno.writeTextFileSync(join(this.folder, "pid"), String(child.pid));
    const log = join(this.folder, "log");
    this.#logged = Promise.all([child.stdout, child.stderr].map((stream) => appendTo(log, stream)));
    child.status.then(() => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#state = "stopped";
      try {
        // At once: the next start writes its own.
        Deno.removeSync(join(this.folder, "pid"));
      } catch {
        // The folder may be gone already.
      }
    });
    return child;
  }

  /**
   * Replaces files of its folder, which the process reads when it is told to.
   *
   * @throws {Error} with what its checker says; then the files are the former ones
   */
  async write(files: Files): Promise<void> {
    const before = await readFiles(this.folder, Object.keys(files));
    await writeFiles(this.folder, files);
    try {
      await this.#check();
    } catch (error) {
      await writeFiles(this.folder, before);
      throw error;
    }
  }

  /** What the process has said since it was first started. */
  async log(): Promise<string> {
    return await Deno.readTextFile(join(this.folder, "log")).catch(() => "");
  }

  async #check(): Promise<void> {
    const { check, cwd = this.folder } = this.#spec;
    if (check === undefined) return;
    const { success, stdout, stderr } = await new Deno.Command(check.command, {
      args: check.args,
      cwd,
    }).output();
    if (success) return;
    const decoder = new TextDecoder();
    throw new Error(
      `Cannot start ${this.name}: its configuration must be valid: received this from its checker:\n` +
        (decoder.decode(stdout) + decoder.decode(stderr)).trimEnd(),
    );
  }

  /** Resolves when the process that runs now has ended, and its log is whole. */
  async ended(): Promise<void> {
    await this.#child?.status;
    await this.#drained();
  }

  /** Waits until all that the process said is in its log; a grandchild that goes on may hold it open. */
  async #drained(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((done) => timer = setTimeout(done, 5000));
    await Promise.race([this.#logged, late]);
    clearTimeout(timer);
  }

  /** What is still to be awaited of a process that was told to end, and of what it started. */
  async #gone(child: Deno.ChildProcess | undefined, pids: readonly number[]): Promise<void> {
    await child?.status;
    // What its children hold (shared memory, ports) must be free for the next start.
    await waitForEnd(pids);
    await this.#drained();
  }

  /** Asks the process to end; kills it when it does not within the grace time. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const pids = this.#signal("SIGCONT");
    try {
      child.kill(this.#spec.stopSignal ?? "SIGTERM");
    } catch {
      // It ended meanwhile.
    }
    const timer = setTimeout(() => this.#signal("SIGKILL"), this.#spec.graceMs ?? 2000);
    await child.status;
    clearTimeout(timer);
    await this.#gone(child, pids);
  }

  /** Ends the process for good. */
  async end(): Promise<void> {
    await (this.#spec.killAtEnd ? this.kill() : this.stop());
  }

  /** Ends the process and what it started at once; resolves when all have ended. */
  async kill(): Promise<void> {
    const child = this.#child;
    const pids = this.#signal("SIGKILL");
    await this.#gone(child, pids);
  }

  /** Freezes the process and what it started: connections stay; once this resolves, nothing answers. */
  async pause(): Promise<void> {
    if (this.#child === undefined) throw this.#notRunning("pause");
    const pids = this.#signal("SIGSTOP");
    this.#state = "paused";
    await waitForStop(pids);
  }

  resume(): void {
    if (this.#child === undefined) throw this.#notRunning("resume");
    this.#signal("SIGCONT");
    this.#state = "running";
  }

  /** Ends the process if it still runs, and starts it again: same folder, same port. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Tells the process to read its files again; it may still have the former ones when this returns. */
  reload(): void {
    if (this.#child === undefined) throw this.#notRunning("reload");
    if (this.#spec.reloadSignal === undefined) {
      throw new Error(
        `Cannot reload ${this.name}: it must know a signal for that: received none. Restart it`,
      );
    }
    this.#child.kill(this.#spec.reloadSignal);
  }

  /** Signals the process and what it started; returns their pids. */
  #signal(signal: Deno.Signal): number[] {
    return this.#child === undefined ? [] : signalTree(this.#child.pid, signal);
  }

  #notRunning(verb: string): Error {
    return new Error(`Cannot ${verb} ${this.name}: the process must run: received a stopped one`);
  }

  async #keepLog(): Promise<string> {
    await this.#drained();
    const text = await this.log();
    const lines = text.trimEnd().split("\n");
    // A port that is taken is another try's business, however long the trace that follows.
    const taken = lines.slice(0, -15).filter((line) => ADDRESS_IN_USE.test(line)).slice(-1);
    const tail = [...taken, ...lines.slice(-15)].join("\n");
    try {
      await Deno.mkdir(logsFolder, { recursive: true });
      const kept = join(logsFolder, `${this.name}-${Date.now()}.log`);
      await Deno.writeTextFile(kept, text);
      return `Its log, kept in ${kept}, ends:\n${tail}`;
    } catch {
      return `Its log ends:\n${tail}`;
    }
  }
}
