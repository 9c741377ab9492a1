/**
 * The processes of one run: each in a folder of the run folder, all ended together.
 *
 * A shape (`shapes.ts`) starts its servers through the host, which lives in the supervisor.
 *
 * @module
 */
import { basename, join } from "node:path";
import { type Files, removeFolder } from "./folder_files.ts";
import { freeSharedMemory } from "./postgres_shared_memory.ts";
import {
  ADDRESS_IN_USE,
  type ProcessAction,
  type ProcessSpec,
  type ProcessState,
  type Ready,
  ServerProcess,
} from "./server_process.ts";

import type { Address } from "./shapes.ts";

/** A loopback port that nobody listens on now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** How often a start is tried while a port that was free a moment ago is taken. */
const START_ATTEMPTS = 5;

/** Starts a server on ports that are free, with others when one of them was taken meanwhile. */
export async function startOnFreePorts<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await start();
    } catch (error) {
      const isTaken = ADDRESS_IN_USE.test((error as Error).message);
      if (attempt === START_ATTEMPTS || !isTaken) throw error;
    }
  }
}

export interface NodeStatus {
  name: string;
  state: ProcessState;
  pid?: number;
}

export class Host {
  readonly folder: string;
  readonly freePort: () => number;
  #processes = new Map<string, ServerProcess>();
  #isClosed = false;

  /** `freePort` is an argument so that a test can hand out a port that is taken. */
  constructor(folder: string, options: { freePort?: () => number } = {}) {
    this.folder = folder;
    this.freePort = options.freePort ?? freePort;
  }

  /** Makes the folder of a new process, named `KIND-1`, `KIND-2` and so on. */
  async newFolder(kind: string): Promise<string> {
    for (let number = 1;; number++) {
      const folder = join(this.folder, `${kind}-${number}`);
      try {
        await Deno.mkdir(folder);
        return folder;
      } catch (error) {
        if (error instanceof Deno.errors.AlreadyExists) continue;
        throw new Error(
          `Cannot start ${kind}: its folder must be writable: received ${folder} (${
            (error as Error).message
          })`,
        );
      }
    }
  }

  /** Starts a process in a folder made by `newFolder`; returns its name. */
  async start(folder: string, spec: ProcessSpec, ready: Ready): Promise<string> {
    if (this.#isClosed) throw new Error(`Cannot start ${basename(folder)}: the run has ended`);
    const process = new ServerProcess(folder, spec, ready);
    this.#processes.set(process.name, process);
    try {
      await process.start();
    } catch (error) {
      this.#processes.delete(process.name);
      throw error;
    }
    return process.name;
  }

  /** Starts processes side by side that need each other; when one fails, none is left. */
  async startTogether<M extends { folder: string }>(
    members: readonly M[],
    start: (member: M) => Promise<Address>,
  ): Promise<Address[]> {
    const starts = members.map(start);
    try {
      return await Promise.all(starts);
    } catch (error) {
      const running = () =>
        members.map(({ folder }) => basename(folder)).filter((name) => this.#processes.has(name));
      await Promise.allSettled([this.remove(running()), ...starts]);
      // One that was not yet begun.
      await this.remove(running());
      throw error;
    }
  }

  /** Stops, kills, pauses, resumes, restarts or reloads a process. */
  async act(name: string, action: ProcessAction): Promise<void> {
    await this.#find(name)[action]();
  }

  /** Replaces files of a process. @throws {Error} with what its checker says */
  async write(name: string, files: Files): Promise<void> {
    await this.#find(name).write(files);
  }

  /** What a process has said since it was first started. */
  async log(name: string): Promise<string> {
    return await this.#find(name).log();
  }

  /** Resolves when the process has ended. */
  async ended(name: string): Promise<void> {
    await this.#find(name).ended();
  }

  /** Ends processes and removes their folders. */
  async remove(names: readonly string[]): Promise<void> {
    await Promise.all(names.map(async (name) => {
      const process = this.#find(name);
      this.#processes.delete(name);
      await process.end();
      freeSharedMemory(process.folder);
      await removeFolder(process.folder);
    }));
  }

  status(): NodeStatus[] {
    return [...this.#processes.values()]
      .map(({ name, state, pid }) => ({ name, state, pid }));
  }

  /** Ends all processes; none is started any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#processes.values()].map((process) => process.end()));
  }

  #find(name: string): ServerProcess {
    const process = this.#processes.get(name);
    if (process !== undefined) return process;
    const names = [...this.#processes.keys()].join(", ") || "none";
    throw new Error(`Cannot find node: name must be one of ${names}: received ${name}`);
  }
}
