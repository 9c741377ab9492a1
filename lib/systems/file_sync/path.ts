/**
 * Which names a file of a share may have.
 *
 * @module
 */

const MOST_BYTES = 1024;

/**
 * Refuses names that lead out of the folder, or that some device could not write.
 *
 * @throws {TypeError} that says which
 */
export function assertPath(path: unknown): asserts path is string {
  const problem = problemOf(path);
  if (problem === undefined) return;
  throw new TypeError(
    `Cannot sync file: path must ${problem}: received ${JSON.stringify(path)?.slice(0, 80)}`,
  );
}

function problemOf(path: unknown): string | undefined {
  if (typeof path !== "string" || path === "") return "be a text that is not empty";
  if (path.includes("\0")) return "hold no NUL";
  if (path.startsWith("/") || path.includes("\\") || /^[A-Za-z]:/.test(path)) return "be relative";
  if (path.split("/").some((part) => ["", ".", ".."].includes(part))) {
    return "have no empty part, no `.` and no `..`";
  }
  if (new TextEncoder().encode(path).length > MOST_BYTES) return `be at most ${MOST_BYTES} bytes`;
  return undefined;
}
