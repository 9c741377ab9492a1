/**
 * Clients of `broadcast_server.ts`, in a process of their own: each counts its batches, and when they came.
 *
 * @module
 */
import { connect } from "node:net";
import { encodeFrame, maskFrame } from "../../../lib/systems/websocket/frame.ts";

export interface ClientsOptions {
  port: number;
  path: string;
  viewers: number;
  batches: number;
  /** Speaks Engine.IO: asks for its namespace first. */
  engineIo: boolean;
}

/** What they saw. */
export interface ClientsReport {
  batches: number;
  /** Ages of all batches but the first two rounds, ms. */
  p50Ms: number;
  p99Ms: number;
  /** When the last client had each batch, ms after it was sent; the first two rounds left out. */
  roundMs: number[];
}

/** Shorter messages are the protocol's own. */
const LEAST_BATCH_BYTES = 300;
const WARM_UP = 2;
/** The first packet of Engine.IO, and the answer that joins the namespace. */
const OPEN = "0".charCodeAt(0);
const JOIN = maskFrame(encodeFrame("text", new TextEncoder().encode("40")), [0, 0, 0, 0]);
const decoder = new TextDecoder();

function main({ port, path, viewers, batches, engineIo }: ClientsOptions): void {
  const rounds: number[][] = Array.from({ length: batches }, () => []);
  let opened = 0, got = 0;
  const finish = () => {
    const measured = rounds.slice(WARM_UP), ages = Float64Array.from(measured.flat()).sort();
    const at = (share: number) => ages[Math.floor(share * (ages.length - 1))];
    const roundMs = measured.map((round) => round.reduce((most, age) => Math.max(most, age), 0));
    const report: ClientsReport = { batches: got, p50Ms: at(0.5), p99Ms: at(0.99), roundMs };
    Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(report)}\n`));
    Deno.exit(0);
  };
  const open = () => {
    if (opened++ >= viewers) return;
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
      ));
    let rest: Uint8Array | undefined, isOpen = false, round = 0;
    socket.on("error", () => {});
    socket.on("data", (chunk: Uint8Array) => {
      let bytes = chunk;
      if (!isOpen) {
        isOpen = true;
        bytes = bytes.subarray(decoder.decode(bytes).indexOf("\r\n\r\n") + 4);
        open();
      }
      if (rest) {
        const joined = new Uint8Array(rest.length + bytes.length);
        joined.set(rest);
        joined.set(bytes, rest.length);
        bytes = joined;
      }
      let at = 0;
      while (bytes.length - at >= 2) {
        let length = bytes[at + 1], head = 2;
        if (length === 126) {
          if (bytes.length - at < 4) break;
          [length, head] = [bytes[at + 2] << 8 | bytes[at + 3], 4];
        }
        if (bytes.length - at < head + length) break;
        if (engineIo && bytes[at + head] === OPEN) socket.write(JOIN); // earlier it would be lost
        if (length >= LEAST_BATCH_BYTES) {
          const text = decoder.decode(bytes.subarray(at + head, at + head + 160));
          const sentMs = Number(/sentMs\\?":(\d+)/.exec(text)![1]);
          rounds[round++].push(Date.now() - sentMs);
          if (++got === viewers * batches) finish();
        }
        at += head + length;
      }
      rest = at < bytes.length ? bytes.slice(at) : undefined;
    });
  };
  for (let n = 0; n < 50; n++) open();
}

if (import.meta.main) main(JSON.parse(Deno.args[0]));
