/**
 * The operating system's side of a kernel: its ports, connection file, process and end.
 *
 * `deno jupyter --kernel` reads five ports and a key from a connection file and listens. We pick free
 * loopback ports, write the file into a private folder and remove both as soon as they have been
 * read, so that nothing is left however we end. The kernel leads a process group of its own: one
 * signal ends it and every process that its cells started.
 *
 * Simplified: a port can be taken by someone else before the kernel listens; `Kernel.start()` then
 * tries again with others. On Windows there are no process groups; `taskkill /t` does the same.
 *
 * @module
 */

const PORTS = ["shell_port", "iopub_port", "control_port", "stdin_port", "hb_port"] as const;

/** Ports and key of one kernel, named as in its connection file. */
export type Connection = Record<typeof PORTS[number], number> & { key: string };

/** The characters kept of what the kernel process itself wrote. */
const LOG_CHARACTERS = 64 * 1024;

/** Free loopback ports; they are free at the time of asking. */
export function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  return listeners.map((listener) => {
    listener.close();
    return listener.addr.port;
  });
}

/** A kernel process that was started, and may not listen yet. */
export class KernelProcess {
  readonly connection: Connection;
  readonly exited: Promise<Deno.CommandStatus>;
  /** True once the process has ended. */
  ended = false;
  /** The end of what the process itself wrote: warnings, crash reports, `Deno.stdout.write`. */
  log = "";
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #pipes: ReadableStreamDefaultReader<Uint8Array>[];
  readonly #logged: Promise<unknown>;

  private constructor(child: Deno.ChildProcess, connection: Connection, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.connection = connection;
    this.#pipes = [child.stdout.getReader(), child.stderr.getReader()];
    this.#logged = Promise.all(this.#pipes.map((pipe) => this.#keepLog(pipe)));
    this.exited = child.status.finally(() => this.ended = true);
  }

  /** Starts `deno jupyter` in `cwd`, which imports in cells are relative to. */
  static async spawn(
    cwd: string,
    env: Record<string, string> = {},
    ports: number[] = freePorts(PORTS.length),
  ): Promise<KernelProcess> {
    const connection = {
      ...Object.fromEntries(PORTS.map((name, i) => [name, ports[i]])),
      key: crypto.randomUUID(),
    } as Connection;
    // In the folder of the run, if there is one: by that name a kernel is found whose run was killed.
    const dir = env.WORKSHOP_RUN_DIR;
    const folder = await Deno.makeTempDir({ dir, prefix: "workshop-kernel-" });
    const file = `${folder}/connection.json`;
    const more = { ip: "127.0.0.1", transport: "tcp", signature_scheme: "hmac-sha256" };
    await Deno.writeTextFile(file, JSON.stringify({ ...connection, ...more }), { mode: 0o600 });
    try {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["jupyter", "--kernel", "--conn", file],
        cwd,
        env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", WORKSHOP_RUN: "1", ...env },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
        detached: true,
      }).spawn();
      return new KernelProcess(child, connection, folder);
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Removes the connection file; the kernel needs it only to start. */
  async removeConnectionFile(): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  /** Ends the process and those that it started, and waits until it is gone. */
  async kill(): Promise<void> {
    try {
      if (Deno.build.os === "windows") {
        await new Deno.Command("taskkill", { args: ["/t", "/f", "/pid", `${this.pid}`] }).output();
      } else {
        Deno.kill(-this.pid, "SIGKILL");
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await this.exited;
    await this.removeConnectionFile();
    // A process that left the group may hold the pipes open: take what is there, and let go.
    const letGo = setTimeout(() => this.#pipes.forEach((pipe) => pipe.cancel()), 2_000);
    await this.#logged;
    clearTimeout(letGo);
  }

  async #keepLog(pipe: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await pipe.read();
      if (done) return;
      this.log = (this.log + decoder.decode(value, { stream: true })).slice(-LOG_CHARACTERS);
    }
  }
}
