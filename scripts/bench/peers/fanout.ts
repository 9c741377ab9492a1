/**
 * The watchers of a fan-out benchmark: 2,000 streams, each watching 10 of 1,000 users, so that every
 * change goes to 20 of them. The server is a process of its own, and only its time counts.
 *
 * @module
 */
import { decodeFrame } from "../../../lib/systems/presence/frame.ts";
import { USERS } from "./serve_changes.ts";

/** What one round cost. */
export interface Round {
  deliveries: number;
  deliveriesPerCpuSecond: number;
  bytesPerDelivery: number;
}

/** How to speak to a server: where, what to send first, and what a message delivers. */
export interface Protocol {
  script: string;
  args: string[];
  path: string;
  /** Answers a message while the stream is being set up; true when it is ready. */
  setUp(socket: WebSocket, message: string | undefined, userIds: string[]): boolean;
  deliveries(message: string): number;
}

const STREAMS = 2000;

/** Our gateway with a window of so many ms. */
export const ours = (windowMs: number): Protocol => ({
  script: "presence_server.ts",
  args: [`${windowMs}`],
  path: "/presence/stream",
  setUp(socket, message, userIds) {
    if (message === undefined) socket.send(JSON.stringify({ subscribe: userIds }));
    return message !== undefined; // the snapshot
  },
  deliveries: (message) => decodeFrame(message).changes.length,
});

/** Socket.io, over WebSocket from the start. */
export const socketIo: Protocol = {
  script: "socket_io_server.ts",
  args: [],
  path: "/socket.io/?EIO=4&transport=websocket",
  setUp(socket, message, userIds) {
    if (message?.startsWith("0")) socket.send("40");
    if (message?.startsWith("40")) socket.send(`42${JSON.stringify(["subscribe", userIds])}`);
    return message === '42["subscribed"]';
  },
  deliveries: (message) => message.startsWith('42["presence"') ? 1 : 0,
};

/** A server and its watchers; `round` makes changes and counts what arrives. */
export class FanoutBench {
  #child: Deno.ChildProcess;
  #lines: ReadableStreamDefaultReader<string>;
  #input: WritableStreamDefaultWriter<Uint8Array>;
  #sockets: WebSocket[] = [];
  #deliveries = 0;
  #bytes = 0;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#input = child.stdin.getWriter();
  }

  /** Starts the server and connects all watchers. */
  static async start(protocol: Protocol): Promise<FanoutBench> {
    const script = new URL(protocol.script, import.meta.url).pathname;
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", script, ...protocol.args],
      stdin: "piped",
      stdout: "piped",
    });
    const bench = new FanoutBench(command.spawn());
    const { port } = await bench.#answer();
    for (let stream = 0; stream < STREAMS; stream += 50) {
      const batch = Array.from({ length: 50 }, (_, i) => bench.#open(protocol, port, stream + i));
      await Promise.all(batch);
    }
    return bench;
  }

  /** Makes changes; every one must reach 20 watchers. */
  async round(changes: number): Promise<Round> {
    this.#deliveries = this.#bytes = 0;
    await this.#input.write(new TextEncoder().encode(`${changes}`));
    const { cpuSeconds } = await this.#answer();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const deliveries = this.#deliveries;
    if (deliveries !== 20 * changes) {
      throw new Error(
        `Cannot compare fan-outs: ${20 * changes} deliveries expected: ${deliveries}`,
      );
    }
    return {
      deliveries,
      deliveriesPerCpuSecond: deliveries / cpuSeconds,
      bytesPerDelivery: this.#bytes / deliveries,
    };
  }

  async stop(): Promise<void> {
    await this.#input.write(new TextEncoder().encode("end"));
    for (const socket of this.#sockets) socket.close();
    await this.#input.close().catch(() => {});
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 2000);
    await this.#child.status;
    clearTimeout(timer);
    await this.#lines.cancel();
  }

  #open(protocol: Protocol, port: number, stream: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Stream s watches users s, s + 100, s + 200 …: 20 streams watch each user.
    const userIds = Array.from({ length: 10 }, (_, i) => USERS[(stream + 100 * i) % USERS.length]);
    const socket = new WebSocket(`ws://127.0.0.1:${port}${protocol.path}`);
    let ready = false;
    socket.onopen = () => protocol.setUp(socket, undefined, userIds);
    socket.onerror = () => reject(new Error("Cannot connect to the server under test"));
    socket.onmessage = ({ data }) => {
      if (!ready) {
        ready = protocol.setUp(socket, data, userIds);
        if (ready) resolve();
        return;
      }
      this.#deliveries += protocol.deliveries(data);
      this.#bytes += data.length + (data.length < 126 ? 2 : 4); // with the frame's header
      if (data === "2") socket.send("3"); // socket.io asks whether we live
    };
    this.#sockets.push(socket);
    return promise;
  }

  async #answer(): Promise<Record<string, number>> {
    const { value } = await this.#lines.read();
    if (value === undefined) throw new Error("Cannot compare: the server under test has ended");
    return JSON.parse(value);
  }
}
