/**
 * Heartbeats kept by Redis: a key a device, set anew with its time to live at every beat.
 *
 * @module
 */

const PIPELINE = 64;

/** Beats of these devices as `PSETEX` over one connection, 64 in flight; beats a second. */
export async function beatInRedis(
  connection: Deno.Conn,
  beats: readonly Int32Array[],
  timeoutMs: number,
): Promise<number> {
  const encoder = new TextEncoder();
  const batches: { bytes: Uint8Array; commands: number }[] = [];
  for (const ids of beats) {
    for (let i = 0; i < ids.length; i += PIPELINE) {
      const commands = ids.subarray(i, i + PIPELINE);
      const lines = Array.from(commands, (id) => `PSETEX device:${id} ${timeoutMs} 1\r\n`);
      batches.push({ bytes: encoder.encode(lines.join("")), commands: commands.length });
    }
  }
  const reply = new Uint8Array(5 * PIPELINE); // +OK\r\n each
  const startMs = performance.now();
  let count = 0;
  for (const { bytes, commands } of batches) {
    await connection.write(bytes);
    for (let read = 0; read < 5 * commands;) read += await connection.read(reply) ?? 0;
    count += commands;
  }
  return count / ((performance.now() - startMs) / 1000);
}
