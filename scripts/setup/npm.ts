/**
 * The npm packages of `deno.json`, as the lock file has them, in `node_modules/`.
 *
 * @module
 */
import { join } from "node:path";
import type { Print } from "../setup.ts";
import { digest } from "./digest.ts";

/** @throws {Error} when they cannot be had: nothing works without them */
export async function prepareNpm(root: string, print: Print): Promise<void> {
  const stamp = join(root, "node_modules", ".workshop-stamp");
  const key = await digest(Deno.version.deno, join(root, "deno.json"), join(root, "deno.lock"));
  if (await Deno.readTextFile(stamp).catch(() => "") === key) return;
  print("npm packages: installing");
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["install", ...(Deno.env.get("CI") === undefined ? [] : ["--frozen"])],
    cwd: root,
    stdin: "null",
  }).spawn().status;
  if (!success) {
    throw new Error(
      "Cannot set up npm packages: `deno install` must end well: received a failure, told above",
    );
  }
  // Without a lock file before, there is one now.
  const doneKey = await digest(Deno.version.deno, join(root, "deno.json"), join(root, "deno.lock"));
  await Deno.writeTextFile(stamp, doneKey);
}
