/** Answers ApiVersions with requests of our choice, by key and newest version, and nothing else. */
export function startFakeKafka(apiVersions: Record<number, number>): { port: number } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const entries = Object.entries(apiVersions).map(([key, version]) => [Number(key), 0, version]);
  const reply = new DataView(new ArrayBuffer(4 + 4 + 2 + 4 + entries.length * 6));
  reply.setInt32(0, reply.byteLength - 4);
  reply.setInt32(10, entries.length);
  entries.flat().forEach((value, i) => reply.setInt16(14 + 2 * i, value));
  const connections: Deno.Conn[] = [];
  (async () => {
    for await (const connection of listener) {
      connections.push(connection);
      await connection.read(new Uint8Array(64));
      await connection.write(new Uint8Array(reply.buffer));
    }
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
