/**
 * Says one thing to a server on loopback, and hears it out until it hangs up.
 *
 * @module
 */

/** @throws {Error} when nobody listens, or the answer is not whole in time */
export async function exchange(port: number, text: string, timeoutMs = 5000): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    connection.close();
  }, timeoutMs);
  try {
    await connection.write(new TextEncoder().encode(text));
    return await new Response(connection.readable).text();
  } catch (error) {
    if (!isLate) throw error;
    throw new Error(
      `Cannot talk to port ${port}: it must answer within ${timeoutMs} ms: received nothing`,
    );
  } finally {
    clearTimeout(timer);
  }
}
