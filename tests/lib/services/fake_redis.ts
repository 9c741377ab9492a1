/** Answers INFO with a version of our choice and everything else with OK: a Redis as old as a test needs it. */
export function startFakeRedis(version: string): { port: number } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const info = `# Server\r\nredis_version:${version}\r\n`;
  const serve = async (connection: Deno.Conn) => {
    connections.push(connection);
    const buffer = new Uint8Array(4096);
    for (let size; (size = await connection.read(buffer).catch(() => null)) !== null;) {
      const text = new TextDecoder().decode(buffer.subarray(0, size)).toLowerCase();
      // One reply for each command in the chunk; a command starts with the count of its words.
      const replies = text.split(/(?=\*\d+\r\n\$)/).map((command) =>
        command.includes("\r\ninfo\r\n") ? `$${info.length}\r\n${info}\r\n` : "+OK\r\n"
      );
      // The client may have hung up.
      await connection.write(new TextEncoder().encode(replies.join(""))).catch(() => {});
    }
  };
  (async () => {
    for await (const connection of listener) serve(connection);
  })();
  return {
    port: listener.addr.port,
    [Symbol.dispose]() {
      listener.close();
      for (const connection of connections) {
        try {
          connection.close();
        } catch {
          // The client closed it.
        }
      }
    },
  };
}
