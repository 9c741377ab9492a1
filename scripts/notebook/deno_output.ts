/**
 * Runs one of Deno's own tools and returns what it says.
 *
 * @module
 */

export interface DenoOutput {
  success: boolean;
  stdout: string;
  stderr: string;
  /** How it ended, and all that it said. */
  report: string;
}

/** The output of `deno ARGS`, without colours, in the current folder. */
export async function denoOutput(args: string[], stdin = ""): Promise<DenoOutput> {
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
  const { success, code, signal, ...said } = await child.output();
  const [stdout, stderr] = [said.stdout, said.stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  const report = `${signal ?? `code ${code}`}, ${stdout}${stderr}`;
  return { success, stdout, stderr, report };
}
