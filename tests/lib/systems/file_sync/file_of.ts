/**
 * A file in memory, to be read by pieces of any size.
 *
 * @module
 */

/** Gives at most so many bytes a read. */
export function fileOf(bytes: Uint8Array, most = () => Infinity): Pick<Deno.FsFile, "readSync"> {
  let at = 0;
  return {
    readSync(into) {
      const some = bytes.subarray(at, at + Math.min(into.length, most()));
      into.set(some);
      at += some.length;
      return some.length === 0 ? null : some.length;
    },
  };
}
