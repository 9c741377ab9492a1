/**
 * How kernels and scripts talk to the supervisor of a run: one JSON line each way over loopback.
 *
 * The first request of a run starts the supervisor. Its port and a secret are in `supervisor.json` in the run folder,
 * readable by this user only.
 *
 * @module
 */
import { join } from "node:path";
import type { Files } from "./folder_files.ts";
import type { NodeStatus } from "./host.ts";
import type { ProcessAction, ProcessSpec } from "./server_process.ts";
import type { ShapeName, ShapeOptions, Started } from "./shapes.ts";

/** Requests, and below what each is answered with. `release` ends what was started on this line as its own. */
export type Request =
  | { type: "start"; shape: ShapeName; options: ShapeOptions[ShapeName]; own: boolean }
  | { type: "release" }
  | { type: "process"; kind: string; spec: ProcessSpec; port: number }
  | { type: "act"; node: string; action: ProcessAction }
  | { type: "write"; node: string; files: Files }
  | { type: "log"; node: string }
  | { type: "ended"; node: string }
  | { type: "status" }
  | { type: "shutdown" };

interface Replies {
  start: Started;
  release: null;
  process: string;
  act: null;
  write: null;
  log: string;
  ended: null;
  status: NodeStatus[];
  shutdown: null;
}

export type Reply = { value: unknown } | { error: string };

/** Writes a value as a line, to its end: a long one does not go into the connection at once. */
export async function writeLine(connection: Deno.Conn, value: unknown): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(value) + "\n");
  for (let done = 0; done < bytes.length;) done += await connection.write(bytes.subarray(done));
}

/** Reads lines from a connection until it ends. */
export async function* readLines(connection: Deno.Conn): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of connection.readable) {
    const lines = decoder.decode(chunk, { stream: true }).split("\n");
    lines[0] = rest + lines[0];
    rest = lines.pop()!;
    yield* lines;
  }
}

/** An open line to a supervisor. */
export class Control implements Disposable {
  #connection: Deno.TcpConn;
  #lines: AsyncGenerator<string>;
  #token: string;

  private constructor(connection: Deno.TcpConn, token: string) {
    this.#connection = connection;
    this.#lines = readLines(connection);
    this.#token = token;
  }

  /** The supervisor of a run folder, or undefined when none answers. */
  static async connect(folder: string): Promise<Control | undefined> {
    try {
      const { port, token } = JSON.parse(
        await Deno.readTextFile(join(folder, "supervisor.json")),
      );
      return new Control(await Deno.connect({ hostname: "127.0.0.1", port }), token);
    } catch {
      return undefined;
    }
  }

  async ask<R extends Request>(request: R): Promise<Replies[R["type"]]> {
    await writeLine(this.#connection, { ...request, token: this.#token });
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("Cannot reach services: the supervisor of this run has ended");
    const reply: Reply = JSON.parse(value);
    if ("error" in reply) throw new Error(reply.error);
    return reply.value as Replies[R["type"]];
  }

  /** While nothing is asked, the open line does not keep the process alive. */
  unref(): void {
    this.#connection.unref();
  }

  ref(): void {
    this.#connection.ref();
  }

  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch {
      // The other side closed it.
    }
  }
}

function spawnSupervisor(folder: string, options: { keep?: boolean }): void {
  const script = new URL("./supervisor.ts", import.meta.url).href;
  const flags = ["--quiet", "--allow-all", "--no-config", "--no-remote"];
  new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, script, folder, ...(options.keep ? ["--keep"] : [])],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "null",
    // A process group of its own: Ctrl-C at the terminal is for the owner of the run.
    detached: true,
  }).spawn().unref();
}

/** Connects to the supervisor of a run folder, starting it if need be; `keep`: it has no owner and runs until told. */
export async function openControl(
  folder: string,
  options: { keep?: boolean } = {},
): Promise<Control> {
  const running = await Control.connect(folder);
  if (running !== undefined) return running;
  try {
    // A supervisor that cannot write there has nowhere to say so.
    const probe = join(folder, `probe-${crypto.randomUUID()}`);
    await Deno.writeTextFile(probe, "x");
    await Deno.remove(probe);
    spawnSupervisor(folder, options);
  } catch (error) {
    throw new Error(
      `Cannot start services: the run folder must exist and be writable: received ${folder} (${
        (error as Error).message
      })`,
    );
  }
  const deadlineMs = performance.now() + 60_000;
  while (performance.now() < deadlineMs) {
    const control = await Control.connect(folder);
    if (control !== undefined) return control;
    await new Promise((done) => setTimeout(done, 10));
  }
  const log = await Deno.readTextFile(join(folder, "supervisor.log")).catch(() => "");
  throw new Error(
    `Cannot start services: the supervisor must answer within 60 s: received nothing in ${folder}\n${log}`,
  );
}

/** One request on a line of its own. */
export async function ask<R extends Request>(
  folder: string,
  request: R,
): Promise<Replies[R["type"]]> {
  using control = await openControl(folder);
  return await control.ask(request);
}
