/**
 * A server that sends the same batches to everyone: ours, plain sockets, npm ws or npm socket.io, in a process of its own.
 *
 * It says where it listens, sends so many batches once it is told to begin, and then says what it used.
 *
 * @module
 */
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import process from "node:process";
import { Server } from "socket.io";
// @ts-types="@types/ws"
import { WebSocketServer } from "ws";
import { StreamGateway } from "../../../lib/systems/stream_gateway/gateway.ts";
import { type Line, MemorySource } from "../../../lib/systems/stream_gateway/source.ts";
import { encodeFrame } from "../../../lib/systems/websocket/frame.ts";
import { handshakeResponse } from "../../../lib/systems/websocket/handshake.ts";

export type Kind = "ours" | "sockets" | "ws" | "socket.io";

/** What to serve. */
export interface BroadcastOptions {
  kind: Kind;
  viewers: number;
  batches: number;
  /** Lines of a batch, 100 B each. */
  lines: number;
  everyMs: number;
}

interface Broadcaster {
  port: number;
  viewers: () => number;
  /** Sends the batch that begins with a line. */
  send: (from: number) => void;
}

const text = "compiled a module of the shop in some milliseconds, cached".padEnd(64, ".");
const lineOf = (offset: number) => JSON.stringify({ offset, level: "info", message: text });

/** The batch as our gateway writes it. */
function batchOf(from: number, lines: number): string {
  const all = Array.from({ length: lines }, (_, n) => lineOf(from + n)).join(",");
  const now = Date.now();
  return `{"from":${from},"to":${from + lines},"cursor":"${"c".repeat(43)}","sentMs":${now},` +
    `"oldestMs":${now},"lines":[${all}]}`;
}

async function ours({ lines }: BroadcastOptions): Promise<Broadcaster> {
  const source = new MemorySource();
  source.open("bench");
  const gateway = await StreamGateway.start({
    source,
    nowMs: Date.now,
    cursorSecret: "bench",
    flushMs: 0,
    authorise: () => ({ tenant: "bench", expiresMs: Infinity }),
    canRead: () => true,
  });
  const line = (offset: number): Line => {
    const json = lineOf(offset);
    return { offset, json, text: json, level: "info", step: "a", receivedMs: Date.now() };
  };
  const send = (from: number) =>
    source.append("bench", Array.from({ length: lines }, (_, n) => line(from + n)));
  return { port: gateway.port, viewers: () => gateway.viewers, send };
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((done) =>
    server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, done)
  );
  return (server.address() as AddressInfo).port;
}

async function sockets({ lines }: BroadcastOptions): Promise<Broadcaster> {
  const all = new Set<Socket>(), server = createServer();
  server.on("upgrade", (request, socket: Socket) => {
    socket.write(handshakeResponse(request.headers)!);
    socket.on("data", () => {}).on("error", () => {});
    all.add(socket);
  });
  const send = (from: number) => {
    const frame = encodeFrame("text", new TextEncoder().encode(batchOf(from, lines)));
    for (const socket of all) socket.write(frame);
  };
  return { port: await listening(server), viewers: () => all.size, send };
}

async function ws({ lines }: BroadcastOptions): Promise<Broadcaster> {
  const http = createServer(),
    server = new WebSocketServer({ server: http, perMessageDeflate: false });
  const send = (from: number) => {
    const data = new TextEncoder().encode(batchOf(from, lines));
    for (const client of server.clients) client.send(data, { binary: false });
  };
  return { port: await listening(http), viewers: () => server.clients.size, send };
}

async function socketIo({ lines }: BroadcastOptions): Promise<Broadcaster> {
  const http = createServer(), server = new Server(http, { transports: ["websocket"] });
  server.on("connection", (socket) => socket.join("bench"));
  const send = (from: number) => server.to("bench").emit("batch", batchOf(from, lines));
  return { port: await listening(http), viewers: () => server.sockets.sockets.size, send };
}

const START = { ours, sockets, ws, "socket.io": socketIo };

async function main(options: BroadcastOptions): Promise<void> {
  const { port, viewers, send } = await START[options.kind](options);
  const say = (what: unknown) =>
    Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(what)}\n`));
  const emptyBytes = Deno.memoryUsage().rss;
  say({ port });
  for await (const _ of Deno.stdin.readable) {
    while (viewers() < options.viewers) await new Promise((done) => setTimeout(done, 20));
    const idleBytes = Deno.memoryUsage().rss - emptyBytes, before = process.cpuUsage();
    for (let batch = 0; batch < options.batches; batch++) {
      const startMs = performance.now();
      send(batch * options.lines);
      const leftMs = options.everyMs - (performance.now() - startMs);
      await new Promise((done) => setTimeout(done, Math.max(50, leftMs)));
    }
    const { user, system } = process.cpuUsage(before);
    const rssBytes = Deno.memoryUsage().rss;
    const cpuUs = (user + system) / options.batches / options.viewers;
    say({ idleBytes, rssBytes, cpuUs });
    break;
  }
}

if (import.meta.main) await main(JSON.parse(Deno.args[0]));
