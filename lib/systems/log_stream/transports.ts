/**
 * The same records over six transports, measured: bytes and processor time a record, and how old it is when it comes.
 *
 * Records are made at a steady rate. Those that push send what has gathered every flush; those that are asked answer with all that is
 * new. Client and server share a process, and a proxy between them counts every byte in both directions.
 *
 * @module
 */
import process from "node:process";
import { FaultProxy } from "../../services/fault_proxy.ts";
import { EventStreamParser, writeEvent } from "../../structures/event_stream.ts";
import { followGrpc, serveGrpc } from "./grpc.ts";
import { decodeRecords, encodeRecords } from "./protobuf.ts";
import type { NumberedRecord } from "./record.ts";

export type Transport =
  | "REST polling"
  | "long poll"
  | "SSE"
  | "WebSocket JSON"
  | "WebSocket Protobuf"
  | "gRPC";

/** All of them. */
export const TRANSPORTS: readonly Transport[] = [
  "REST polling",
  "long poll",
  "SSE",
  "WebSocket JSON",
  "WebSocket Protobuf",
  "gRPC",
];

export interface TransportOptions {
  records: readonly NumberedRecord[];
  /** How long it takes to make them. */
  lastsMs: number;
  flushMs: number;
  pollMs: number;
}

/** What one viewer cost. */
export interface TransportCost {
  transport: Transport;
  bytesPerRecord: number;
  /** Of client and server together. */
  cpuUsPerRecord: number;
  meanAgeMs: number;
  /** HTTP requests. */
  requests: number;
  /** Reports whether all records came, in order. */
  isComplete: boolean;
}

type Send = (records: readonly NumberedRecord[]) => void;
type Receive = (records: readonly NumberedRecord[]) => void;

/** Makes the records over time, from the first question on, and tells who listens. */
class Producer {
  made: NumberedRecord[] = [];
  #options: TransportOptions;
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** Begins; a timer that comes late makes up for it in several steps. */
  start(): void {
    if (this.#timer !== undefined) return;
    const { records, lastsMs } = this.#options;
    const startMs = performance.now(), most = Math.ceil(records.length / 10);
    this.#timer = setInterval(() => {
      const share = (performance.now() - startMs) / lastsMs;
      const wanted = Math.min(records.length, Math.floor(share * records.length));
      const due = Math.min(wanted, this.made.length + most);
      const now = Date.now();
      while (this.made.length < due) {
        this.made.push({ ...records[this.made.length], timestamp: now });
      }
      for (const listener of [...this.#listeners]) listener();
      if (due === records.length) clearInterval(this.#timer);
    }, 5);
  }

  /** Resolves when there is something past an offset. */
  async past(offset: number): Promise<void> {
    while (this.made.length <= offset) {
      await new Promise<void>((done) => {
        const listener = () => {
          this.#listeners.delete(listener);
          done();
        };
        this.#listeners.add(listener);
      });
    }
  }

  /** Sends what has gathered, every flush. */
  push(send: Send, { flushMs, records }: TransportOptions, end = () => {}): void {
    let next = 0;
    const timer = setInterval(() => {
      if (next < this.made.length) send(this.made.slice(next));
      next = this.made.length;
      if (next < records.length) return;
      clearInterval(timer);
      end();
    }, Math.max(1, flushMs));
  }
}

const encoder = new TextEncoder();

function handler(producer: Producer, options: TransportOptions) {
  const streamed = (encode: (records: readonly NumberedRecord[]) => Uint8Array, type: string) => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) =>
        producer.push((records) => {
          try {
            controller.enqueue(encode(records));
          } catch {
            // the client is gone
          }
        }, options),
    });
    return new Response(body, { headers: { "content-type": type } });
  };
  return async (request: Request): Promise<Response> => {
    producer.start();
    const url = new URL(request.url), from = Number(url.searchParams.get("from"));
    switch (url.pathname) {
      case "/long":
      case "/poll":
        if (url.pathname === "/long") await producer.past(from);
        return Response.json(producer.made.slice(from));
      case "/events":
        return streamed(
          (records) => encoder.encode(writeEvent({ data: JSON.stringify(records) })),
          "text/event-stream",
        );
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    const encode = url.pathname === "/json" ? JSON.stringify : encodeRecords;
    socket.onopen = () =>
      producer.push((records) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(encode(records as NumberedRecord[]));
      }, options);
    return response;
  };
}

type Client = (
  url: string,
  receive: Receive,
  options: TransportOptions & { seen: () => number; count: () => void },
) => Promise<() => void>;

const ask = (path: string): Client => async (url, receive, { records, pollMs, seen, count }) => {
  while (seen() < records.length) {
    count();
    receive(await (await fetch(`${url}${path}?from=${seen()}`)).json());
    if (path === "/poll" && seen() < records.length) {
      await new Promise((done) => setTimeout(done, pollMs));
    }
  }
  return () => {};
};

const webSocket = (path: string): Client => (url, receive) => {
  const socket = new WebSocket(url.replace("http", "ws") + path);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) =>
    receive(typeof data === "string" ? JSON.parse(data) : decodeRecords(new Uint8Array(data)));
  return Promise.resolve(() => socket.close());
};

const events: Client = async (url, receive) => {
  const stopping = new AbortController();
  const response = await fetch(`${url}/events`, { signal: stopping.signal });
  const parser = new EventStreamParser();
  (async () => {
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      for (const { data } of parser.push(text)) receive(JSON.parse(data));
    }
  })().catch(() => {});
  return () => stopping.abort();
};

const grpc: Client = (url, receive) => {
  const { close } = followGrpc(Number(new URL(url).port), receive);
  return Promise.resolve(close);
};

const CLIENTS: Record<Transport, Client> = {
  "REST polling": ask("/poll"),
  "long poll": ask("/long"),
  "SSE": events,
  "WebSocket JSON": webSocket("/json"),
  "WebSocket Protobuf": webSocket("/protobuf"),
  "gRPC": grpc,
};

async function serve(transport: Transport, producer: Producer, options: TransportOptions) {
  if (transport === "gRPC") {
    return await serveGrpc((send, end) => {
      producer.start();
      producer.push(send, options, end);
    });
  }
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    handler(producer, options),
  );
  return { port: server.addr.port, close: () => server.shutdown() };
}

/** Sends the records to one viewer over a transport. */
export async function measureTransport(
  transport: Transport,
  options: TransportOptions,
): Promise<TransportCost> {
  const producer = new Producer(options), { records } = options;
  const server = await serve(transport, producer, options);
  const proxy = await FaultProxy.start({ hostname: "127.0.0.1", port: server.port });
  const done = Promise.withResolvers<void>();
  let seen = 0, ageMs = 0, requests = 0, isComplete = true;
  const receive: Receive = (batch) => {
    const now = Date.now();
    for (const { offset, message, timestamp } of batch) {
      if (offset !== seen || message !== records[seen].message) isComplete = false;
      ageMs += now - timestamp;
      seen++;
    }
    if (seen >= records.length) done.resolve();
  };
  const before = process.cpuUsage();
  const client = { ...options, seen: () => seen, count: () => requests++ };
  const leave = await CLIENTS[transport](`http://127.0.0.1:${proxy.port}`, receive, client);
  await done.promise;
  const { user, system } = process.cpuUsage(before), { toClient, toServer } = proxy.forwarded;
  leave();
  await proxy.close();
  await server.close();
  return {
    transport,
    bytesPerRecord: (toClient + toServer) / records.length,
    cpuUsPerRecord: (user + system) / records.length,
    meanAgeMs: ageMs / records.length,
    requests: Math.max(1, requests),
    isComplete: isComplete && seen === records.length,
  };
}
