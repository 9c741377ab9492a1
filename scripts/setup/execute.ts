/**
 * Runs the programs of the set-up, and keeps what they say for when they fail.
 *
 * @module
 */

export interface Result {
  success: boolean;
  output: string;
}

/** Runs a program to its end; `env` takes the place of ours, `onLine` sees each line as it comes. */
export async function execute(
  command: readonly string[],
  env: Record<string, string> | undefined,
  onLine: (line: string) => void = () => {},
): Promise<Result> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command[0], {
      args: command.slice(1),
      env,
      clearEnv: env !== undefined,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch {
    return { success: false, output: `${command[0]} does not run` };
  }
  let output = "";
  await Promise.all([child.stdout, child.stderr].map(async (stream) => {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      lines.forEach(onLine);
    }
    if (rest !== "") onLine(rest);
  }));
  return { success: (await child.status).success, output };
}
