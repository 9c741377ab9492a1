/**
 * A TCP proxy on loopback that makes the network between a client and a server as bad as you ask.
 *
 * Bytes of each direction go through a delay line (latency) and then through a link of limited rate that all
 * connections share (bandwidth), in order and without loss, as TCP delivers them. A blackhole holds everything back;
 * healing delivers it, as retransmission would. `drop()` cuts what is connected, `refuse` turns new connections away.
 *
 * Simplified: connecting through a blackhole succeeds and then hangs, where a real one leaves the connect itself
 * hanging: for clients with a command timeout the end is the same.
 *
 * @example
 * ```ts
 * import { FaultProxy } from "./fault_proxy.ts";
 * import { assert } from "@std/assert";
 *
 * await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("hi"));
 * await using proxy = await FaultProxy.start(server.addr);
 * proxy.set({ latencyMs: 30 });
 * const startMs = performance.now();
 * await (await fetch(`http://127.0.0.1:${proxy.port}`)).text();
 * assert(performance.now() - startMs >= 60, "30 ms there, 30 ms back");
 * ```
 *
 * @module
 */

export type Direction = "toServer" | "toClient";

export interface Fault {
  /** Added to each direction, in milliseconds. */
  latencyMs?: number;
  /** Rate of each direction, in bytes a second, for all connections together. */
  bytesPerSecond?: number;
  /** Nothing arrives until the fault heals; connections stay open. */
  blackhole?: boolean;
  /** New connections are refused. */
  refuse?: boolean;
  /** Latency, rate and blackhole act on one direction only. Default: on both. */
  direction?: Direction;
}

/** Bytes that one direction of a connection holds back at most; then its sender waits. */
const WINDOW_BYTES = 4 << 20;
/** Bytes sent at once at a limited rate. */
const SLICE_BYTES = 16 << 10;

/** Waits until a moment by `performance.now()`, and not a fraction of a millisecond less, as timers may. */
async function sleepUntil(dueMs: number): Promise<void> {
  for (let leftMs; (leftMs = dueMs - performance.now()) > 0;) {
    await new Promise((done) => setTimeout(done, Math.ceil(leftMs)));
  }
}

function checkFault({ latencyMs = 0, bytesPerSecond = 1 }: Fault): void {
  if (!(latencyMs >= 0 && latencyMs < Infinity)) {
    throw new RangeError(
      `Cannot set fault: latencyMs must be a number from 0 up: received ${latencyMs}`,
    );
  }
  if (!(bytesPerSecond > 0)) {
    throw new RangeError(
      `Cannot set fault: bytesPerSecond must be above 0: received ${bytesPerSecond}`,
    );
  }
}

export class FaultProxy implements AsyncDisposable {
  readonly hostname = "127.0.0.1";
  readonly port: number;
  /** Bytes that have gone through. */
  readonly forwarded: Record<Direction, number> = { toServer: 0, toClient: 0 };
  #target: { hostname: string; port: number };
  #listener: Deno.TcpListener | undefined;
  #fault: Fault = {};
  #changed = Promise.withResolvers<void>();
  #connections = new Set<Deno.TcpConn>();
  #linkFreeMs: Record<Direction, number> = { toServer: 0, toClient: 0 };
  #pumps = new Set<Promise<void>>();
  #closed = false;

  private constructor(target: { hostname: string; port: number }, listener: Deno.TcpListener) {
    this.#target = target;
    this.#listener = listener;
    this.port = listener.addr.port;
    this.#accept(listener);
  }

  /** Listens on a free loopback port, in front of the target. */
  // deno-lint-ignore require-await -- as all services start
  static async start(target: { hostname: string; port: number }): Promise<FaultProxy> {
    return new FaultProxy(target, Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  }

  /** Clients connected now. */
  get connections(): number {
    return this.#connections.size / 2;
  }

  /**
   * Puts a fault in force, in place of the one before.
   *
   * @throws {RangeError} for a latency below 0, or a rate not above 0
   */
  set(fault: Fault): void {
    checkFault(fault);
    if (this.#closed) throw new Error("Cannot set fault: the proxy must be open");
    this.#fault = fault;
    if (fault.refuse) {
      this.#listener?.close();
      this.#listener = undefined;
    } else {
      void this.#listen();
    }
    this.#notify();
  }

  /** Listens on its port again: at once, or when the system has let go of the listener before. */
  async #listen(): Promise<void> {
    for (let tries = 1; !this.#closed && !this.#fault.refuse && !this.#listener; tries++) {
      try {
        this.#listener = Deno.listen({ hostname: this.hostname, port: this.port });
        this.#accept(this.#listener);
      } catch (error) {
        if (tries === 500) throw error;
        await sleepUntil(performance.now() + 10);
      }
    }
  }

  /** Ends the fault: what was held back arrives. */
  heal(): void {
    this.set({});
  }

  /** Cuts all connections; what was on its way is lost. */
  drop(): void {
    for (const connection of this.#connections) this.#cut(connection);
    this.#notify();
  }

  /** Cuts all connections and stops listening. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener?.close();
    this.#listener = undefined;
    this.drop();
    await Promise.all(this.#pumps);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Wakes what waits for the fault to change. */
  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for await (const client of listener) {
      const pump = this.#join(client);
      this.#pumps.add(pump);
      pump.finally(() => this.#pumps.delete(pump));
    }
  }

  async #join(client: Deno.TcpConn): Promise<void> {
    let server: Deno.TcpConn;
    try {
      server = await Deno.connect(this.#target);
    } catch {
      client.close();
      return;
    }
    for (const connection of [client, server]) {
      connection.setNoDelay();
      this.#connections.add(connection);
    }
    if (this.#closed) this.drop();
    await Promise.all([
      this.#forward(client, server, "toServer"),
      this.#forward(server, client, "toClient"),
    ]);
    this.#cut(client);
    this.#cut(server);
  }

  #cut(connection: Deno.TcpConn): void {
    if (!this.#connections.delete(connection)) return;
    connection.close();
  }

  /** The fault as it acts on one direction. */
  #faultOf(direction: Direction): Fault {
    const fault = this.#fault;
    return fault.direction === undefined || fault.direction === direction ? fault : {};
  }

  /** Reads one direction into its delay line while another loop empties it, until either side ends. */
  async #forward(from: Deno.TcpConn, to: Deno.TcpConn, direction: Direction): Promise<void> {
    const line: { bytes: Uint8Array; dueMs: number }[] = [];
    let held = 0;
    let ended = false;
    let wake = Promise.withResolvers<void>();
    const notify = () => {
      wake.resolve();
      wake = Promise.withResolvers();
    };
    const fill = async () => {
      try {
        while (this.#connections.has(from)) {
          const buffer = new Uint8Array(64 << 10);
          const size = await from.read(buffer);
          if (size === null) break;
          const { latencyMs = 0 } = this.#faultOf(direction);
          line.push({ bytes: buffer.subarray(0, size), dueMs: performance.now() + latencyMs });
          held += size;
          notify();
          while (held > WINDOW_BYTES && this.#connections.has(to)) await wake.promise;
        }
      } catch {
        this.#cut(to);
      } finally {
        ended = true;
        notify();
      }
    };
    const empty = async () => {
      try {
        while (true) {
          const next = line.shift();
          if (next === undefined) {
            if (ended) break;
            await wake.promise;
            continue;
          }
          await sleepUntil(next.dueMs);
          await this.#send(next.bytes, to, direction);
          held -= next.bytes.length;
          notify();
        }
        await to.closeWrite();
      } catch {
        this.#cut(from);
        this.#cut(to);
      } finally {
        notify();
      }
    };
    await Promise.all([fill(), empty()]);
  }

  /** Writes at the link's rate; waits as long as the direction is a blackhole. */
  async #send(bytes: Uint8Array, to: Deno.TcpConn, direction: Direction): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      while (this.#faultOf(direction).blackhole && this.#connections.has(to)) {
        await this.#changed.promise;
      }
      const rate = this.#faultOf(direction).bytesPerSecond;
      const slice = bytes.subarray(done, rate === undefined ? undefined : done + SLICE_BYTES);
      if (rate !== undefined) {
        const startMs = Math.max(performance.now(), this.#linkFreeMs[direction]);
        const freeMs = startMs + slice.length / rate * 1000;
        this.#linkFreeMs[direction] = freeMs;
        await sleepUntil(freeMs);
      }
      const size = await to.write(slice);
      done += size;
      this.forwarded[direction] += size;
    }
  }
}
