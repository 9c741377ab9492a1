/**
 * Runs our commands as a user does, in a folder of their own, and looks for what they leave behind.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { dirname, join } from "node:path";
import { formatNotebook, newNotebook } from "../../scripts/notebook/nbformat.ts";
import { ROOT } from "../../scripts/select.ts";
import { processesWith } from "./processes_with.ts";
import { waitForNone } from "./wait_for_none.ts";

export interface Ended {
  status: number;
  out: string;
  err: string;
}

export interface CommandOptions {
  env?: Record<string, string>;
  /** Called with the process once it runs. */
  onStart?: (child: Deno.ChildProcess) => void | Promise<void>;
}

export class Workspace {
  /** Where the notebooks are, and where the command is called from. */
  readonly folder: string;
  readonly #temporary: string;

  constructor(folder: string) {
    this.folder = folder;
    this.#temporary = join(folder, "tmp");
    Deno.mkdirSync(this.#temporary);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a notebook of code cells; its path. */
  async notebook(name: string, ...sources: string[]): Promise<string> {
    return await this.file(name, formatNotebook(newNotebook(sources)));
  }

  async file(name: string, text: string): Promise<string> {
    const path = this.path(name);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, text);
    return path;
  }

  /** What is in the folder. */
  names(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name).sort();
  }

  async json(name: string) {
    return JSON.parse(await Deno.readTextFile(this.path(name)));
  }

  /** Runs `scripts/NAME.ts` from the folder. */
  async command(name: string, args: string[], options: CommandOptions = {}): Promise<Ended> {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", join(ROOT, "scripts", `${name}.ts`), ...args],
      cwd: this.folder,
      // Temporary files of the command and of all that it starts go here; the name also marks its processes.
      env: { INIT_CWD: this.folder, TMPDIR: this.#temporary, NO_COLOR: "1", ...options.env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const [{ code, stdout, stderr }] = await Promise.all([
      child.output(),
      options.onStart?.(child),
    ]);
    const decoder = new TextDecoder();
    return { status: code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
  }

  /** Fails when the command has left a process or a temporary file. */
  async assertNothingLeft(): Promise<void> {
    assertEquals([...Deno.readDirSync(this.#temporary)].map(({ name }) => name), []);
    await waitForNone(() => processesWith(`TMPDIR=${this.#temporary}`), "no process is left");
  }
}

/** A workspace outside the project, or in a folder of it so that notebooks can import `lib/`. */
export async function withWorkspace(
  test: (workspace: Workspace) => Promise<void>,
  parent?: string,
): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: parent, prefix: "workspace-" });
  try {
    await test(new Workspace(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
