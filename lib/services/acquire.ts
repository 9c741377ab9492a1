/**
 * Gets a private server of some shape for this process, from the supervisor of its run.
 *
 * The run folder is the one that the runner or the lab opened (`WORKSHOP_RUN_DIR`), else that of
 * `deno task services up`, else one of our own, which goes when the last service of this process is released.
 *
 * @module
 */
import { join } from "node:path";
import { ask, Control, openControl } from "./control.ts";
import { openRunFolder, type RunFolder, servicesFolder } from "./run_folder.ts";
import type { Files } from "./folder_files.ts";
import type { NodeStatus } from "./host.ts";
import type { ProcessAction } from "./server_process.ts";
import type { Address, ShapeName, ShapeOptions, Started } from "./shapes.ts";

/** A server process of this notebook's own, to be harmed in a chaos drill. */
export class ServiceNode {
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  #folder: string;

  constructor(folder: string, address: Address) {
    this.#folder = folder;
    this.name = address.name;
    this.hostname = address.hostname;
    this.port = address.port;
  }

  /** Where the server keeps its settings, its log and its data. */
  get dataFolder(): string {
    return join(this.#folder, this.name);
  }

  /** Ends the server as its operator would (SIGTERM); resolves when it has ended. */
  async stop(): Promise<void> {
    await this.#act("stop");
  }

  /** Ends the server as a crash would (SIGKILL); resolves when it has ended. */
  async kill(): Promise<void> {
    await this.#act("kill");
  }

  /** Freezes the server (SIGSTOP): connections stay open, nothing answers. */
  async pause(): Promise<void> {
    await this.#act("pause");
  }

  /** Lets a paused server go on. */
  async resume(): Promise<void> {
    await this.#act("resume");
  }

  /** Starts the server again on the same port and data folder; resolves when it answers. */
  async restart(): Promise<void> {
    await this.#act("restart");
  }

  /** Tells the server to read its files again; it may still have the former ones when this resolves. */
  async reload(): Promise<void> {
    await this.#act("reload");
  }

  /** Replaces files of its folder, for the server to read. @throws {Error} with what its checker says */
  async write(files: Files): Promise<void> {
    await ask(this.#folder, { type: "write", node: this.name, files });
  }

  /** What the server has said since it was first started. */
  async log(): Promise<string> {
    return await ask(this.#folder, { type: "log", node: this.name });
  }

  async status(): Promise<NodeStatus> {
    const nodes = await ask(this.#folder, { type: "status" });
    return nodes.find((node) => node.name === this.name) ?? { name: this.name, state: "stopped" };
  }

  async #act(action: ProcessAction): Promise<void> {
    await ask(this.#folder, { type: "act", node: this.name, action });
  }
}

/** A private server that this process may use until it releases it. */
export interface Acquired {
  started: Started;
  nodes: ServiceNode[];
  /** Gives the server back: one of our own ends, a shared one goes on for the others of the run. */
  release(): Promise<void>;
}

let ownRun: { folder: Promise<RunFolder>; users: number } | undefined;

async function leaveOwnRun(): Promise<void> {
  if (ownRun === undefined || --ownRun.users > 0) return;
  const { folder } = ownRun;
  ownRun = undefined;
  await (await folder).close();
}

/** The run folder to use, and how to leave it. */
async function enterRun(): Promise<{ path: string; leave: () => Promise<void> }> {
  const given = Deno.env.get("WORKSHOP_RUN_DIR");
  if (given !== undefined) return { path: given, leave: () => Promise.resolve() };
  using up = await Control.connect(servicesFolder);
  if (up !== undefined) return { path: servicesFolder, leave: () => Promise.resolve() };
  ownRun ??= { folder: openRunFolder(), users: 0 };
  ownRun.users++;
  try {
    return { path: (await ownRun.folder).path, leave: leaveOwnRun };
  } catch (error) {
    ownRun = undefined;
    throw error;
  }
}

/** `own`: a server for this process alone; else one that equal requests of the run share. */
export async function acquire<Name extends ShapeName>(
  shape: Name,
  options: ShapeOptions[Name],
  own: boolean,
): Promise<Acquired> {
  const { path, leave } = await enterRun();
  let lease: Control | undefined;
  try {
    lease = await openControl(path);
    const started = await lease.ask({ type: "start", shape, options, own });
    // The supervisor ends our own servers when this connection ends, so also when this process dies.
    lease.unref();
    const nodes = started.nodes.map((address) => new ServiceNode(path, address));
    const release = async () => {
      lease?.ref();
      // A supervisor that was killed has nothing left to give back to.
      if (own) await lease?.ask({ type: "release" }).catch(() => {});
      lease?.[Symbol.dispose]();
      await leave();
    };
    return { started, nodes, release };
  } catch (error) {
    lease?.[Symbol.dispose]();
    await leave();
    throw error;
  }
}
