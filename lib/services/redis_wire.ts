/**
 * Asks a Redis one thing without a client library, which the supervisor does not have.
 *
 * @module
 */

/** Whether a reply of one line, or of a text with its length before it, has arrived whole. */
function isWhole(reply: string): boolean {
  const end = reply.indexOf("\r\n");
  if (end < 0) return false;
  return !reply.startsWith("$") || reply.length >= end + 2 + Number(reply.slice(1, end)) + 2;
}

/** What the server on a loopback port replies to a command, as it is on the wire; empty when none answers. */
export async function askRedis(port: number, command: string): Promise<string> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode(`${command}\r\n`));
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(16 << 10);
    let reply = "";
    while (!isWhole(reply)) {
      const size = await connection.read(buffer);
      if (size === null) break;
      reply += decoder.decode(buffer.subarray(0, size), { stream: true });
    }
    return reply;
  } catch {
    return "";
  }
}
