/**
 * Runs a script of this folder in a process of its own.
 *
 * @module
 */

/**
 * Resolves to the script's report, a line of JSON on its standard output, and to what it said on the way.
 *
 * @param task what it does, for the error: "replay"
 * @throws {Error} when it does not end well, with what it said
 */
export async function runScript<Report>(
  url: string,
  task: string,
  args: readonly string[],
): Promise<Report & { said: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", url, ...args],
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stderr);
  if (!success) {
    throw new Error(`Cannot ${task}: the script must end well: received ${said.trim()}`);
  }
  return { ...JSON.parse(new TextDecoder().decode(stdout)), said };
}
