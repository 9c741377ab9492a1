/**
 * Keeps a device in step by itself: watches its folder, notes what changes, sends it, and pulls what others made.
 *
 * A save is many events. They are gathered until none has come for a moment, or, in a file that is written all the time,
 * until the first is too old; then each path is looked at once. What the client itself writes comes back as events too,
 * and is found to be known. When nothing happens the share is asked now and then.
 *
 * The watcher begins before the folder is scanned, so that nothing falls between the two; when the system drops events
 * (its queue is full), everything is scanned again. A link that fails leaves the edits queued until the next turn.
 *
 * @example
 * ```ts
 * import { batches } from "lib/systems/file_sync/follow.ts";
 * import { assertEquals } from "@std/assert";
 *
 * async function* saves() {
 *   for (const path of ["draft.txt", "plan.txt", "plan.txt"]) yield { kind: "modify" as const, paths: [path] };
 * }
 * const gathered = await Array.fromAsync(batches(saves(), { nowMs: () => 0 }));
 * assertEquals(gathered, [{ paths: ["draft.txt", "plan.txt"], mustScan: false }]);
 * ```
 *
 * @module
 */
import { relative, sep } from "node:path";
import type { SyncClient } from "./sync_client.ts";

export interface BatchOptions {
  nowMs: () => number;
  /** Without an event, before a batch is complete. Default: 100. */
  quietMs?: number;
  /** From its first event on, a batch is no older. Default: 2000. */
  longestMs?: number;
  /** Without an event, before an empty batch. Default: 5000. */
  idleMs?: number;
}

/** What happened; `mustScan` when the system has dropped events. */
export interface Batch {
  paths: string[];
  mustScan: boolean;
}

type Event = Pick<Deno.FsEvent, "kind" | "paths" | "flag">;

/** Events in batches, each path once; ends with the events. */
export async function* batches(
  events: AsyncIterable<Event>,
  { nowMs, quietMs = 100, longestMs = 2000, idleMs = 5000 }: BatchOptions,
): AsyncGenerator<Batch> {
  const source = events[Symbol.asyncIterator]();
  let next = source.next();
  for (;;) {
    const paths = new Set<string>();
    let mustScan = false, firstMs = Infinity;
    for (let waitMs = idleMs; waitMs > 0;) {
      const event = await within(next, waitMs);
      if (event === undefined) break;
      if (event.done) {
        if (firstMs < Infinity) yield { paths: [...paths], mustScan };
        return;
      }
      next = source.next();
      // Our own reads are events too.
      if (event.value.kind === "access") continue;
      firstMs = Math.min(firstMs, nowMs());
      for (const path of event.value.paths) paths.add(path);
      mustScan ||= event.value.flag === "rescan";
      waitMs = Math.min(quietMs, firstMs + longestMs - nowMs());
    }
    yield { paths: [...paths], mustScan };
  }
}

/** What it resolves to, or undefined after so long. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(() => done(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export interface FollowOptions extends BatchOptions {
  signal: AbortSignal;
  /** Told of each turn: what had changed here, and why the turn failed where it did. */
  onTurn?: (turn: { paths: string[]; failure?: unknown }) => void;
}

/** Keeps the client's folder in step until the signal; nothing else may use the client meanwhile. */
export async function follow(client: SyncClient, options: FollowOptions): Promise<void> {
  const { signal, onTurn } = options;
  if (signal.aborted) return;
  using watcher = Deno.watchFs(client.folder);
  const end = () => watcher.close();
  signal.addEventListener("abort", end, { once: true });
  const turn = async ({ paths, mustScan }: Batch) => {
    try {
      if (mustScan) await client.scan();
      for (const path of paths) await client.look(path);
      await client.sync();
      onTurn?.({ paths });
    } catch (failure) {
      onTurn?.({ paths, failure });
    }
  };
  await turn({ paths: [], mustScan: true });
  const folder = await Deno.realPath(client.folder);
  for await (const batch of batches(watcher, options)) {
    const paths = batch.paths.map((path) => relative(folder, path).replaceAll(sep, "/"));
    await turn({ ...batch, paths: paths.filter((path) => path !== "" && !path.startsWith("..")) });
  }
}
