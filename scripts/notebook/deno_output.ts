/**
 * Runs one of Deno's own tools and returns what it says.
 *
 * @module
 */

/** The output of `deno ARGS`, without colours, in the current folder. */
export async function denoOutput(
  args: string[],
  stdin = "",
): Promise<{ success: boolean; stdout: string; stderr: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
