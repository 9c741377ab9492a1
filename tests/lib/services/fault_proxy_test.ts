import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { FaultProxy } from "../../../lib/services/fault_proxy.ts";
import { sleep, until } from "./one_run.ts";

/** Sends back what it gets, on loopback. */
function startEcho(): Deno.TcpListener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    for await (const connection of listener) {
      connection.readable.pipeTo(connection.writable).catch(() => {});
    }
  })();
  return listener;
}

async function readBytes(connection: Deno.Conn, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  for (let done = 0; done < size;) {
    const count = await connection.read(bytes.subarray(done));
    if (count === null) throw new Error(`Cannot read: ${done} of ${size} bytes came`);
    done += count;
  }
  return bytes;
}

async function roundTripMs(connection: Deno.Conn, bytes: Uint8Array): Promise<number> {
  const startMs = performance.now();
  // What is large does not fit into socket buffers: write and read at once.
  const write = async () => {
    for (let done = 0; done < bytes.length;) done += await connection.write(bytes.subarray(done));
  };
  const [, back] = await Promise.all([write(), readBytes(connection, bytes.length)]);
  assertEquals(back, bytes);
  return performance.now() - startMs;
}

/** Tries until one trip takes less: none would by chance, many take longer where the machine has other work. */
async function untilTripWithin(limitMs: number, connection: Deno.Conn, bytes: Uint8Array) {
  await until(`a round trip below ${limitMs} ms`, async () => {
    return await roundTripMs(connection, bytes) < limitMs;
  });
}

const word = new TextEncoder().encode("ping");

async function withProxy(body: (proxy: FaultProxy) => Promise<void>): Promise<void> {
  using echo = startEcho();
  await using proxy = await FaultProxy.start(echo.addr);
  await body(proxy);
}

const connect = (proxy: FaultProxy) => Deno.connect({ hostname: "127.0.0.1", port: proxy.port });

/** The system closes a listening socket a moment later. */
async function untilRefused(proxy: FaultProxy): Promise<void> {
  await until(
    "new connections are refused",
    () =>
      connect(proxy).then((connection) => (connection.close(), false), (error) => {
        // One that was let in at the last moment is cut.
        assert(
          error instanceof Deno.errors.ConnectionRefused ||
            error instanceof Deno.errors.ConnectionReset,
        );
        return error instanceof Deno.errors.ConnectionRefused;
      }),
  );
}

Deno.test("FaultProxy.start() forwards 3 MB both ways unchanged, and counts", () =>
  withProxy(async (proxy) => {
    using connection = await connect(proxy);
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 31 % 251);
    await roundTripMs(connection, bytes);
    assertEquals(proxy.forwarded, { toServer: 3_000_000, toClient: 3_000_000 });
    assertEquals(proxy.connections, 1);
  }));

Deno.test("FaultProxy.set() adds latency to each direction, or to one", () =>
  withProxy(async (proxy) => {
    using connection = await connect(proxy);
    proxy.set({ latencyMs: 40 });
    assert(await roundTripMs(connection, word) >= 80);
    proxy.set({ latencyMs: 40, direction: "toClient" });
    assert(await roundTripMs(connection, word) >= 40);
    await untilTripWithin(80, connection, word);
    proxy.heal();
    await untilTripWithin(40, connection, word);
  }));

Deno.test("FaultProxy.set() delays a stream, not every chunk of it", () =>
  withProxy(async (proxy) => {
    using connection = await connect(proxy);
    proxy.set({ latencyMs: 50 });
    // 1 MB is at least 16 chunks: one after the other they would take 800 ms each way.
    await untilTripWithin(700, connection, new Uint8Array(1_000_000));
  }));

Deno.test("FaultProxy.set() limits the rate that all connections share", () =>
  withProxy(async (proxy) => {
    using first = await connect(proxy);
    using second = await connect(proxy);
    proxy.set({ bytesPerSecond: 200_000, direction: "toServer" });
    await until("both take little more than they must", async () => {
      const times = await Promise.all(
        [first, second].map((connection) => roundTripMs(connection, new Uint8Array(20_000))),
      );
      // 40,000 bytes at 200,000 a second.
      assert(Math.max(...times) >= 200, `${times} ms`);
      return Math.max(...times) < 1000;
    });
  }));

Deno.test("FaultProxy.set() blackhole holds everything back, heal() delivers it in order", () =>
  withProxy(async (proxy) => {
    using connection = await connect(proxy);
    proxy.set({ blackhole: true });
    await connection.write(word);
    let arrived = false;
    const reply = readBytes(connection, 8).then((bytes) => {
      arrived = true;
      return new TextDecoder().decode(bytes);
    });
    await sleep(60);
    await connection.write(new TextEncoder().encode("pong"));
    assertEquals([arrived, proxy.forwarded.toServer], [false, 0]);
    proxy.heal();
    assertEquals(await reply, "pingpong");
  }));

Deno.test("FaultProxy.set() blackhole to the client: the server still gets the request", () =>
  withProxy(async (proxy) => {
    using connection = await connect(proxy);
    proxy.set({ blackhole: true, direction: "toClient" });
    const reply = roundTripMs(connection, word);
    await until("the server has it", () => proxy.forwarded.toServer === 4);
    await sleep(20);
    assertEquals(proxy.forwarded, { toServer: 4, toClient: 0 });
    proxy.heal();
    await reply;
  }));

Deno.test("FaultProxy.drop() cuts connections, also in a blackhole; new ones work", () =>
  withProxy(async (proxy) => {
    for (const fault of [{}, { blackhole: true }]) {
      proxy.set(fault);
      using connection = await connect(proxy);
      await connection.write(word);
      await until("it is connected", () => proxy.connections === 1);
      if (!fault.blackhole) await readBytes(connection, 4);
      proxy.drop();
      const end = await connection.read(new Uint8Array(4)).catch(() => null);
      assertEquals(end, null);
      assertEquals(proxy.connections, 0);
    }
    proxy.heal();
    using again = await connect(proxy);
    await roundTripMs(again, word);
  }));

Deno.test("FaultProxy.set() refuse turns new connections away, and keeps those that are there", () =>
  withProxy(async (proxy) => {
    using connection = await connect(proxy);
    await roundTripMs(connection, word);
    proxy.set({ refuse: true });
    await untilRefused(proxy);
    await roundTripMs(connection, word);
    proxy.heal();
    using again = await connect(proxy);
    await roundTripMs(again, word);
    // Before the system has closed the listening socket.
    proxy.set({ refuse: true });
    proxy.heal();
    await until("it listens again", async () => {
      const tried = await connect(proxy).catch(() => undefined);
      const answer = tried && await roundTripMs(tried, word).catch(() => undefined);
      tried?.close();
      return answer !== undefined;
    });
  }));

Deno.test("FaultProxy.close() ends with the window full and a reader that does not read", () =>
  withProxy(async (proxy) => {
    using connection = await connect(proxy);
    proxy.set({ blackhole: true });
    const flood = (async () => {
      for (let sent = 0; sent < 64 << 20;) sent += await connection.write(new Uint8Array(1 << 20));
    })();
    await until("it is connected", () => proxy.connections === 1);
    await sleep(50);
    const refused = assertRejects(() => flood);
    await proxy.close();
    await refused;
    await untilRefused(proxy);
  }));

Deno.test("FaultProxy.start() closes clients when the server is not there", async () => {
  const { port } = startAndStop();
  await using proxy = await FaultProxy.start({ hostname: "127.0.0.1", port });
  using connection = await connect(proxy);
  assertEquals(await connection.read(new Uint8Array(1)).catch(() => null), null);
});

function startAndStop(): Deno.NetAddr {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr;
}

Deno.test("FaultProxy.set() names the rule that a fault breaks", () =>
  withProxy((proxy) => {
    assertThrows(
      () => proxy.set({ latencyMs: -1 }),
      RangeError,
      "Cannot set fault: latencyMs must be a number from 0 up: received -1",
    );
    assertThrows(
      () => proxy.set({ bytesPerSecond: 0 }),
      RangeError,
      "Cannot set fault: bytesPerSecond must be above 0: received 0",
    );
    return Promise.resolve();
  }));
