/**
 * Whether something that speaks PostgreSQL's protocol takes clients in: PostgreSQL itself, or pgbouncer.
 *
 * It is asked as a client asks, up to the point where it wants a password. A server that starts, recovers or is
 * shutting down answers with an error of code 57P03 instead.
 *
 * Source: PostgreSQL documentation, "Frontend/Backend Protocol", start-up.
 *
 * @module
 */
const PROTOCOL_VERSION = 3 << 16;

function startupMessage(user: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(`user\0${user}\0database\0${user}\0\0`);
  const message = new Uint8Array(8 + text.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length);
  view.setUint32(4, PROTOCOL_VERSION);
  message.set(text, 8);
  return message;
}

/** Whether a client that names this user would be asked for its password now. */
export async function takesClients(port: number, user = "postgres"): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(startupMessage(user));
    const reply = new Uint8Array(256);
    const size = await connection.read(reply) ?? 0;
    const text = new TextDecoder().decode(reply.subarray(0, size));
    return text.startsWith("R") || (text.startsWith("E") && !text.includes("C57P03"));
  } catch {
    return false;
  }
}
