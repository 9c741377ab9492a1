/**
 * Finds what a log file has become while nobody looked: the files that it was renamed to, in order.
 *
 * Simplified: names of rotated files end in a number (`build.log.1`, `build.log-20260131`), and two that were last written in the same
 * millisecond may come in either order; compressed ones are not read.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";

/**
 * The files of a log from the one with an inode on, open, in the order in which they were last written, the present one last; none
 * when that one is gone.
 */
export function openSince(path: string, inode: number | null): Deno.FsFile[] {
  const name = basename(path), folder = dirname(path);
  const names = [...Deno.readDirSync(folder)].map((one) => one.name)
    .filter((one) => one.startsWith(name) && /^([.-]\d+)?$/.test(one.slice(name.length)));
  const files = names.flatMap((one) => {
    const file = openIfThere(join(folder, one));
    if (file === undefined) return [];
    const { ino, mtime } = file.statSync();
    return [{ file, ino, order: one === name ? Infinity : mtime?.getTime() ?? 0 }];
  }).sort((x, y) => x.order < y.order ? -1 : Number(x.order > y.order));
  const first = files.findIndex(({ ino }) => ino === inode);
  // One that was renamed while we looked may have been found twice.
  const since = files.filter(({ ino }, n) =>
    first !== -1 && n >= first && files.findIndex((one) => one.ino === ino) === n
  );
  for (const one of files) if (!since.includes(one)) one.file.close();
  return since.map(({ file }) => file);
}

/** Opens a file for reading; undefined when there is none. */
export function openIfThere(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
