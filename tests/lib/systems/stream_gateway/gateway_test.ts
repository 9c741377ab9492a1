import { assert, assertEquals, assertMatch } from "@std/assert";
import { connect } from "node:net";
import { gunzipSync } from "node:zlib";
import { EventSource } from "eventsource";
import { Gauge, Registry } from "prom-client";
// @ts-types="@types/ws"
import { type ClientOptions, WebSocket as WsClient } from "ws";
import { encodeFrame, maskFrame } from "lib/systems/websocket/frame.ts";
import { serveLines, until } from "./serve.ts";

interface Got {
  from: number;
  to: number;
  cursor: string;
  replay?: boolean;
  lines: { offset: number }[];
  gap?: { from: number; to: number };
}

/** A viewer with npm ws, which we did not write. */
function watchWith(url: string, query = "token=acme", options: ClientOptions = {}) {
  const batches: Got[] = [];
  const socket = new WsClient(`${url.replace("http", "ws")}/stream?${query}`, options);
  const closed = Promise.withResolvers<number>();
  socket.on("message", (data) => batches.push(JSON.parse(data.toString())));
  socket.on("close", (code) => closed.resolve(code));
  socket.on("error", () => {});
  const offsets = () => batches.flatMap(({ lines }) => lines?.map(({ offset }) => offset) ?? []);
  return { socket, batches, offsets, closed: closed.promise };
}
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

Deno.test("StreamGateway replays what was, then follows, each line once (npm ws)", async () => {
  await using served = await serveLines({ replayLines: 7 });
  served.append(40);
  const viewers = [];
  for (let n = 0; n < 10; n++) {
    viewers.push(watchWith(served.url));
    served.append(3);
    await new Promise((done) => setTimeout(done, 3));
  }
  for (const { offsets, batches, socket } of viewers) {
    await until(() => offsets().length >= 70);
    assertEquals(offsets(), range(0, 70));
    assert(batches[0].replay);
    for (const [n, batch] of batches.entries()) assertEquals(batch.from, batches[n - 1]?.to ?? 0);
    socket.close();
  }
  await until(() => served.gateway.viewers === 0);
});

Deno.test("StreamGateway compresses for those who offer it, the same lines in fewer bytes (npm ws)", async () => {
  await using served = await serveLines();
  const offers = [true, { clientMaxWindowBits: 9 }, { serverMaxWindowBits: 10 }, false];
  const viewers = offers.map((perMessageDeflate) => {
    const viewer = watchWith(served.url, "token=acme", { perMessageDeflate });
    let bytes = 0;
    viewer.socket.on(
      "upgrade",
      ({ socket }) => socket.on("data", (chunk: Uint8Array) => void (bytes += chunk.length)),
    );
    return { ...viewer, bytes: () => bytes };
  });
  await until(() => served.gateway.viewers === viewers.length);
  for (let n = 0; n < 20; n++) {
    served.append(50, `compiled lib/module_${n}.ts in ${n} ms`);
    await until(() => viewers.every(({ offsets }) => offsets().length === 50 * (n + 1)));
  }
  for (const { offsets } of viewers) assertEquals(offsets(), range(0, 1000));
  const extensions = viewers.map(({ socket }) => socket.extensions);
  const agreed = "permessage-deflate";
  assert(extensions[0].includes(agreed) && extensions[1].includes(agreed));
  assertEquals(extensions.slice(2), ["", ""]);
  const [deflated, small, refused, plain] = viewers.map(({ bytes }) => bytes());
  assert(Math.max(deflated, small) < 0.3 * Math.min(refused, plain), `${deflated} of ${plain}`);
  viewers[0].socket.send("x".repeat(3000), { compress: true }); // 4,096 are taken
  viewers[0].socket.ping();
  await new Promise((done) => viewers[0].socket.once("pong", done));
  viewers[0].socket.send("x".repeat(5000), { compress: true });
  assertEquals(await viewers[0].closed, 1009);
  for (const { socket } of viewers) socket.close();
});

Deno.test("StreamGateway resumes at a cursor; a forged, cut or foreign one is refused", async () => {
  await using served = await serveLines();
  served.source.open("acme.2");
  served.append(10);
  const first = watchWith(served.url);
  await until(() => first.offsets().length === 10);
  const { cursor } = first.batches.at(-1)!;
  first.socket.terminate();
  served.append(5);
  const second = watchWith(served.url, `token=acme&cursor=${cursor}`);
  await until(() => second.offsets().length === 5);
  assertEquals(second.offsets(), range(10, 15));
  second.socket.close();
  const other = served.url.replace("acme.1", "acme.2");
  for (
    const [url, bad] of [[served.url, `A${cursor.slice(1)}`], [served.url, "x"], [other, cursor]]
  ) {
    const response = await fetch(`${url}/logs?token=acme&cursor=${bad}`);
    assertEquals(response.status, 400);
    assert((await response.json()).error.startsWith("Cannot read cursor"));
    assertEquals(await watchWith(url, `token=acme&cursor=${bad}`).closed, 1006);
  }
});

Deno.test("StreamGateway streams events to npm eventsource, and resumes by Last-Event-ID", async () => {
  await using served = await serveLines();
  served.append(5);
  const seen: number[] = [], sentIds: string[] = [];
  const events = new EventSource(`${served.url}/stream?token=acme`, {
    fetch: (url, init) => {
      sentIds.push((init.headers as Record<string, string>)["Last-Event-ID"] ?? "");
      return fetch(url, init as RequestInit);
    },
  });
  let lastId = "";
  events.onmessage = ({ data, lastEventId }) => {
    lastId = lastEventId;
    seen.push(...JSON.parse(data).lines.map(({ offset }: { offset: number }) => offset));
  };
  await until(() => seen.length === 5);
  served.append(5);
  await until(() => seen.length === 10);
  events.close();
  served.append(3);
  const response = await fetch(`${served.url}/stream?token=acme`, {
    headers: { accept: "text/event-stream", "last-event-id": lastId },
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n\n")) text += (await reader.read()).value; // one event, in chunks or not
  assert(text.includes('"from":10,"to":13'), text);
  await reader.cancel();
  assertEquals(seen, range(0, 10));
  assertEquals(sentIds[0], "");
});

Deno.test("StreamGateway serves its metrics, and those that it is given", async () => {
  const other = new Registry();
  new Gauge({ name: "of_the_source", help: "A number.", registers: [other] }).set(7);
  await using served = await serveLines({ registries: [other] });
  const text = await (await fetch(`${served.gateway.url}/metrics`)).text();
  assertMatch(text, /^viewers 0$/m);
  assertMatch(text, /^of_the_source 7$/m);
});

Deno.test("StreamGateway hides channels of other tenants, and asks for a token", async () => {
  await using served = await serveLines();
  const status = async (url: string) => {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await status(`${served.url}/logs`), 401);
  assertEquals(await status(`${served.url}/logs?token=umbrella`), 404);
  assertEquals(await status(`${served.gateway.url}/deployments/acme.9/logs?token=acme`), 404);
  assertEquals(await status(`${served.url}/logs?token=acme&limit=x`), 400);
  assertEquals(await status(`${served.gateway.url}/`), 404);
  assertEquals(await watchWith(served.url, "token=umbrella").closed, 1006);
});

Deno.test("StreamGateway ends a stream with 4401 when its token expires", async () => {
  await using served = await serveLines();
  served.append(1);
  const viewer = watchWith(served.url, `token=acme@${Date.now() + 500}`);
  await until(() => viewer.offsets().length === 1);
  assertEquals(await viewer.closed, 4401);
});

Deno.test("StreamGateway pages while it is written: each line once, by level and step", async () => {
  await using served = await serveLines();
  const seen: number[] = [];
  let cursor = "";
  while (seen.length < 200) {
    served.append(7);
    const response = await fetch(`${served.url}/logs?token=acme&limit=13&cursor=${cursor}`);
    const page = await response.json();
    seen.push(...page.lines.map(({ offset }: { offset: number }) => offset));
    cursor = page.cursor;
  }
  assertEquals(seen, range(0, seen.length));
  const page = await (await fetch(`${served.url}/logs?token=acme&step=test&till=20`)).json();
  assertEquals(
    page.lines.map(({ offset }: { offset: number }) => offset),
    range(0, 10).map((n) => 2 * n + 1),
  );
  const none = await (await fetch(`${served.url}/logs?token=acme&level=error`)).json();
  assertEquals(none.lines, []);
});

Deno.test("StreamGateway continues a download by range, plain and gzip", async () => {
  await using served = await serveLines();
  served.append(2500);
  const whole = range(0, 2500).map((n) => `line ${n}\n`).join("");
  for (const query of ["till=2500", "till=2500&gzip"]) {
    const url = `${served.url}/download?token=acme&${query}`;
    const full = await fetch(url);
    const bytes = await full.bytes();
    served.append(10);
    const etag = full.headers.get("etag")!;
    const rest = await fetch(url, { headers: { range: "bytes=1000-", "if-range": etag } });
    assertEquals(rest.status, 206);
    assertEquals(await rest.bytes(), bytes.slice(1000));
    const text = query.includes("gzip") ? gunzipSync(bytes) : bytes;
    assertEquals(new TextDecoder().decode(text), whole);
    const past = await fetch(url, { headers: { range: "bytes=99999999-" } });
    await past.body?.cancel();
    assertEquals(past.status, 416);
  }
});

Deno.test("StreamGateway bounds a viewer that never reads, tells it of the gap, and serves the others", async () => {
  const viewerBytes = 64 << 10;
  await using served = await serveLines({ viewerBytes });
  const plain = { perMessageDeflate: false }; // letters that repeat would fill no socket
  const [good, slow] = [1, 2].map(() => watchWith(served.url, "token=acme", plain));
  await until(() => served.gateway.viewers === 2);
  await until(() => slow.socket.readyState === WsClient.OPEN); // before that it would not pause
  slow.socket.pause();
  const big = "x".repeat(20_000);
  let appended = 0, full = false;
  while (!full || appended < 400) {
    served.append(20, big);
    appended += 20;
    await until(() => good.offsets().length === appended);
    const text = await served.gateway.metrics.registry.getSingleMetricAsString(
      "viewer_buffer_bytes",
    );
    const buffered = Number(/ (\d+)$/m.exec(text)![1]);
    // One batch may be with the socket beside what is queued.
    assert(buffered <= viewerBytes + 22 * big.length, `${buffered} bytes buffered`);
    full ||= buffered > 0;
    assert(appended < 4000, "the sockets must fill at some time");
  }
  slow.socket.resume();
  await until(() => slow.batches.some(({ gap }) => gap !== undefined));
  served.append(1, "end");
  await until(() => slow.batches.at(-1)!.to === appended + 1);
  let next = 0;
  for (const { from, to, gap } of slow.batches) {
    assertEquals(gap?.from ?? from, next, "gaps and batches follow each other");
    next = gap?.to ?? to;
  }
  good.socket.close();
  slow.socket.close();
});

Deno.test("StreamGateway cuts a viewer that answers no ping, and one that sends nonsense", async () => {
  let nowMs = 0;
  const pingMs = 50;
  await using served = await serveLines({ pingMs, nowMs: () => nowMs });
  const handshake = "GET /deployments/acme.1/stream?token=acme HTTP/1.1\r\nHost: x\r\n" +
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  const ws = watchWith(served.url); // answers pings
  const dead = connect(served.gateway.port, "127.0.0.1", () => dead.write(handshake));
  dead.on("data", () => {});
  const closed = new Promise<void>((done) => dead.on("close", () => done()));
  await until(() => served.gateway.viewers === 2);
  for (let ping = 1; ping <= 3; ping++) {
    assertEquals(served.gateway.viewers, 2, "two pings without an answer are forgiven");
    const pinged = new Promise((done) => ws.socket.once("ping", done));
    nowMs += pingMs;
    await pinged;
    ws.socket.ping(); // what comes after the answer to the gateway's ping
    await new Promise((done) => ws.socket.once("pong", done));
  }
  await closed;
  assertEquals(served.gateway.viewers, 1);
  const rude = connect(served.gateway.port, "127.0.0.1", () => rude.write(handshake));
  const bytes: number[] = [];
  rude.on("data", (chunk: Uint8Array) => bytes.push(...chunk));
  await until(() => bytes.length > 0);
  const unmasked = encodeFrame("text", new Uint8Array(3));
  rude.write(unmasked);
  await until(() => String.fromCharCode(...bytes).includes("no mask"));
  ws.socket.ping();
  await new Promise((done) => ws.socket.once("pong", done));
  ws.socket.close();
  assertEquals(await ws.closed, 1000);
  assert(maskFrame(unmasked, [1, 2, 3, 4]).length > 0);
  rude.destroy();
});
