/**
 * Holds the private servers of one run, and ends them when the run's owner is gone, however it went.
 *
 * The owner (a run, the lab, a single kernel) holds a lock on `owner.lock` in the run folder. The operating system
 * drops it when the owner dies, also by `kill -9`; the supervisor waits for that lock, then ends all servers, removes
 * the folder and exits. It is a process of its own group, so that Ctrl-C at a terminal does not reach the servers
 * before their clients.
 *
 * Simplified: a supervisor that is itself killed leaves servers behind until the next run sweeps them (`run_folder.ts`).
 *
 * @module
 */
import { join } from "node:path";
import { Control, readLines, type Reply, type Request, writeLine } from "./control.ts";
import { removeFolder } from "./folder_files.ts";
import { Host } from "./host.ts";
import { killLeftovers } from "./processes.ts";
import { pollUntil } from "./server_process.ts";
import { type Started, startShape } from "./shapes.ts";

async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

class Supervisor {
  #folder: string;
  #host: Host;
  #token = crypto.randomUUID();
  #shared = new Map<string, Promise<Started>>();
  #ending: Promise<void> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#host = new Host(folder);
  }

  /** Listens; from here on `Control.connect` finds us. */
  async open(): Promise<void> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const address = { port: listener.addr.port, token: this.#token, pid: Deno.pid };
    const draft = join(this.#folder, "supervisor.json.new");
    await Deno.writeTextFile(draft, JSON.stringify(address), { mode: 0o600 });
    await Deno.rename(draft, join(this.#folder, "supervisor.json"));
    this.#accept(listener);
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for await (const connection of listener) {
      this.#serve(connection).catch((error) => this.log(error));
    }
  }

  /** Serves one client; what it asked for as its own ends with its connection. */
  async #serve(connection: Deno.TcpConn): Promise<void> {
    const own: string[] = [];
    try {
      for await (const line of readLines(connection)) {
        const { token, ...request } = JSON.parse(line) as Request & { token: string };
        if (token !== this.#token) break;
        const reply: Reply = await this.#answer(request as Request, own).then(
          (value) => ({ value: value ?? null }),
          (error: Error) => ({ error: error.message }),
        );
        await writeLine(connection, reply);
        if (request.type === "shutdown") Deno.exit(0);
      }
    } catch {
      // The client died: that is the end of its connection.
    }
    await this.#host.remove(own);
  }

  async #answer(request: Request, own: string[]): Promise<unknown> {
    switch (request.type) {
      case "start":
        return await this.#start(request, own);
      case "release":
        return await this.#host.remove(own.splice(0));
      case "process":
        return await this.#host.start(
          await this.#host.newFolder(request.kind),
          request.spec,
          (signal) => pollUntil(() => accepts(request.port), signal),
        );
      case "act":
        return await this.#host.act(request.node, request.action);
      case "write":
        return await this.#host.write(request.node, request.files);
      case "log":
        return await this.#host.log(request.node);
      case "ended":
        return await this.#host.ended(request.node);
      case "status":
        return this.#host.status();
      case "shutdown":
        return await this.end();
    }
  }

  async #start(request: Request & { type: "start" }, own: string[]): Promise<Started> {
    const start = () => startShape(this.#host, request.shape, request.options);
    if (request.own) {
      const started = await start();
      own.push(...started.nodes.map((node) => node.name));
      return started;
    }
    const key = JSON.stringify([request.shape, request.options]);
    const running = this.#shared.get(key) ?? start();
    this.#shared.set(key, running);
    // A failed start is tried again by the next who asks.
    running.catch(() => this.#shared.delete(key));
    return await running;
  }

  /** Ends every server and removes the folder. */
  async end(): Promise<void> {
    this.#ending ??= (async () => {
      await this.#host.close();
      await killLeftovers(this.#folder, { kernels: true });
      await removeFolder(this.#folder);
    })();
    await this.#ending;
  }

  log(error: unknown): void {
    const text = error instanceof Error ? error.stack : String(error);
    try {
      Deno.writeTextFileSync(join(this.#folder, "supervisor.log"), `${text}\n`, { append: true });
    } catch {
      // The folder is gone, and we soon are.
    }
  }
}

async function lockFile(path: string): Promise<Deno.FsFile> {
  return await Deno.open(path, { create: true, read: true, write: true });
}

/** Takes the supervisor's lock of a run folder; returns whether it was not taken by another one, which answers now. */
async function takeLock(folder: string): Promise<boolean> {
  const mine = await lockFile(join(folder, "supervisor.lock"));
  // Who holds it starts at this moment, and will answer; or was killed, and is not yet gone.
  while (!await mine.tryLock(true)) {
    using other = await Control.connect(folder);
    if (other !== undefined) return false;
    await new Promise((done) => setTimeout(done, 10));
  }
  return true;
}

async function main([folder, keep]: string[]): Promise<void> {
  const supervisor = new Supervisor(folder);
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    supervisor.log(event.reason);
  });
  if (!await takeLock(folder)) return;
  // Servers of a supervisor that was killed; the kernels are those of the run that lives.
  await killLeftovers(folder, { kernels: false });
  const endAndExit = () => supervisor.end().finally(() => Deno.exit(0));
  if (Deno.build.os !== "windows") {
    for (const signal of ["SIGTERM", "SIGHUP"] as const) Deno.addSignalListener(signal, endAndExit);
  }
  await supervisor.open();
  // Somebody who removes the folder (git clean) means the servers too.
  setInterval(() => {
    Deno.stat(join(folder, "supervisor.json")).catch(endAndExit);
  }, 1000);
  if (keep === undefined) {
    const owner = await lockFile(join(folder, "owner.lock"));
    await owner.lock(true);
    await endAndExit();
  }
}

if (import.meta.main) await main(Deno.args);
