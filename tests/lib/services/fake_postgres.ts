/** A message of PostgreSQL's protocol: type, length, content. */
function message(type: string, content: string): string {
  const length = 4 + content.length;
  return type + String.fromCharCode(0, 0, length >> 8, length & 255) + content;
}

/** One row with one text column. */
function textRow(name: string, value: string): string {
  const column = `${name}\0` + "\0\0\0\0" + "\0\0" + "\0\0\0\x19" + "\xff\xff" +
    "\xff\xff\xff\xff" +
    "\0\0";
  const field = String.fromCharCode(0, 0, 0, value.length) + value;
  return message("T", `\0\x01${column}`) + message("D", `\0\x01${field}`) + message("C", "SHOW\0");
}

/** Lets everybody in and answers every query with its version: a PostgreSQL as old as a test needs it. */
export function startFakePostgres(version: string): { port: number } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const ready = message("Z", "I");
  const welcome = message("R", "\0\0\0\0") + ready;
  const serve = async (connection: Deno.Conn) => {
    connections.push(connection);
    const buffer = new Uint8Array(4096);
    let answer = welcome;
    while (await connection.read(buffer).catch(() => null) !== null) {
      if (buffer[0] === "X".charCodeAt(0)) break;
      // The client may have hung up.
      await connection.write(Uint8Array.from(answer, (c) => c.charCodeAt(0))).catch(() => {});
      answer = textRow("server_version", version) + ready;
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
