/**
 * Finds programs of system packages, which lie in folders that a user's PATH often lacks.
 *
 * @module
 */
import { type Binary, findBinaries } from "./binaries.ts";

const FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/opt/homebrew/bin", "/opt/homebrew/sbin"];

/** All places that hold the program: those of the PATH, then those of system packages. */
export function findSystemProgram(
  name: string,
  path = Deno.env.get("PATH") ?? "",
  folders = FOLDERS,
): Binary[] {
  const onPath = findBinaries(name, { path });
  const elsewhere = findBinaries(name, { path: folders.join(":") })
    .filter((binary) => onPath.every((other) => other.path !== binary.path));
  return [...onPath, ...elsewhere.map(({ path }) => ({ path, from: "system" as const }))];
}
