/**
 * The judge of every version of file synchronisation: after all is quiet, nothing that was acknowledged is gone.
 *
 * An edit survives in what it wrote, in a merge of it, in a conflict copy, or in a later edit that was made by somebody
 * who saw it. Each edit carries a **token**, a text that no other edit has, by which it is found.
 *
 * @module
 */
import type { VectorClock } from "lib/structures/vector_clock.ts";

/** An edit that a user made, and the server acknowledged. */
export interface Acknowledged {
  path: string;
  token: string;
  /** The version that the user had before the edit, and the one that the edit made. */
  base: VectorClock;
  vector: VectorClock;
  /** Whether the text before is gone on purpose: it was overwritten or deleted. */
  replaces: boolean;
}

/** Content by path; null or absent where there is no file. */
export type Files = ReadonlyMap<string, string | null>;

export interface SyncVerdict {
  /** Paths that not all devices hold alike. */
  diverged: string[];
  /** Tokens of edits that are nowhere. */
  lost: string[];
}

/** Judges the files of every device, after all have sent and pulled everything. */
export function checkSync(
  devices: readonly Files[],
  history: readonly Acknowledged[],
): SyncVerdict {
  const paths = [...new Set(devices.flatMap((files) => [...files.keys()]))].sort();
  const diverged = paths.filter((path) =>
    new Set(devices.map((files) => files.get(path) ?? null)).size > 1
  );
  const contents = devices.flatMap((files) => [...files.values()]).filter((text) => text !== null);
  const wasReplaced = (edit: Acknowledged) =>
    history.some((later) =>
      later.replaces && later.path === edit.path && later !== edit &&
      ["before", "equal"].includes(edit.vector.compare(later.base))
    );
  const lost = history
    .filter((edit) => !contents.some((text) => text.includes(edit.token)) && !wasReplaced(edit))
    .map(({ token }) => token);
  return { diverged, lost };
}
