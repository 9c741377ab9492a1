/**
 * A worker that echoes what one TCP connection sends, so that both ends do not share a thread.
 *
 * @module
 */
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
(self as unknown as Worker).postMessage(listener.addr.port);
const connection = await listener.accept();
connection.setNoDelay(true);
await connection.readable.pipeTo(connection.writable);
listener.close();
