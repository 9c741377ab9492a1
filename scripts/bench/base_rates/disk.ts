/**
 * The disk under the project folder: a sync, and a long write.
 *
 * The file lies in `.workshop/` and is removed. On a virtual machine the host may answer a sync from its
 * cache; the number then says what this machine does, not what its disk could.
 *
 * @module
 */
import { secondsOf } from "./rounds.ts";

async function onFile<T>(
  folder: string,
  work: (file: Deno.FsFile) => T,
): Promise<Awaited<T>> {
  await Deno.mkdir(folder, { recursive: true });
  const path = await Deno.makeTempFile({ dir: folder, prefix: "bench-" });
  try {
    using file = await Deno.open(path, { write: true });
    return await work(file);
  } finally {
    await Deno.remove(path);
  }
}

/** Seconds of an overwrite of 8 KiB that has reached the disk, as pg_test_fsync measures it. */
export function diskSync(folder: string): Promise<number> {
  const block = new Uint8Array(8192).fill(1);
  return onFile(folder, (file) =>
    secondsOf((times) => {
      for (let i = 0; i < times; i++) {
        file.seekSync(0, Deno.SeekMode.Start);
        file.writeSync(block);
        file.syncDataSync();
      }
    }));
}

/** Bytes per second of 64 MiB written in blocks of 1 MiB and synced once at the end. */
export function diskWrite(folder: string): Promise<number> {
  const block = new Uint8Array(2 ** 20).fill(1);
  const blocks = 64;
  return onFile(folder, async (file) => {
    const seconds = await secondsOf((times) => {
      for (let i = 0; i < times; i++) {
        file.seekSync(0, Deno.SeekMode.Start);
        for (let j = 0; j < blocks; j++) file.writeSync(block);
        file.syncDataSync();
      }
    });
    return blocks * block.length / seconds;
  });
}
