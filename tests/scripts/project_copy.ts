/**
 * A copy of the project in a temporary folder, to try set-up and services without touching those of the developer.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory) await copyTree(source, target);
    else await Deno.copyFile(source, target);
  }
}

export interface Outcome {
  code: number;
  text: string;
}

export interface ProjectCopy {
  root: string;
  /**
   * Runs a script with these variables and no others; returns what it printed, errors too. `onText` sees what it prints
   * as it comes.
   */
  run(
    script: string,
    args?: string[],
    env?: Record<string, string>,
    onText?: (text: string) => void,
  ): Promise<Outcome>;
}

/** What the set-up brought, by folders that hold one entry a version. */
const BROUGHT = [".workshop/kafka", ".workshop/postgres"];

/** Links what the set-up brought into a copy, but not what it notes about it. */
async function shareServices(copy: string): Promise<void> {
  await Deno.symlink(join(root, ".venv"), join(copy, ".venv"));
  for (const folder of BROUGHT) {
    await Deno.mkdir(join(copy, folder), { recursive: true });
    // None where the services are the user's own.
    const brought = await Array.fromAsync(Deno.readDir(join(root, folder))).catch(() => []);
    for (const { name, isDirectory } of brought) {
      if (isDirectory) await Deno.symlink(join(root, folder, name), join(copy, folder, name));
    }
  }
}

/** Runs the body with a copy, its npm packages shared with the original, and its services too if asked; removes it after. */
export async function withProjectCopy(
  body: (copy: ProjectCopy) => Promise<void>,
  options: { hasServices?: boolean } = {},
): Promise<void> {
  const copy = await Deno.makeTempDir({ prefix: "project-" });
  try {
    for (const file of ["deno.json", "deno.lock", "requirements.txt"]) {
      await Deno.copyFile(join(root, file), join(copy, file));
    }
    for (const folder of ["lib", "scripts"]) await copyTree(join(root, folder), join(copy, folder));
    await Deno.symlink(join(root, "node_modules"), join(copy, "node_modules"));
    if (options.hasServices) await shareServices(copy);
    const home = ["HOME", "DENO_DIR"].flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    });
    const run: ProjectCopy["run"] = async (script, args = [], env = {}, onText = () => {}) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "-A", script, ...args],
        cwd: copy,
        clearEnv: true,
        env: { NO_COLOR: "1", ...Object.fromEntries(home), ...env },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const texts = [child.stdout, child.stderr].map(async (stream) => {
        let text = "";
        for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
          text += piece;
          onText(text);
        }
        return text;
      });
      return { text: (await Promise.all(texts)).join(""), code: (await child.status).code };
    };
    await body({ root: copy, run });
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}
