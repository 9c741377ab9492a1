/**
 * Two requests of Kafka's protocol, to ask a broker whether it is ready, how old it is, and whether it knows a topic.
 *
 * The supervisor runs without npm packages, so that it asks in bytes: a request is its length, then key, version,
 * correlation id and client id; both requests have empty bodies or nearly so. Layouts are those of ApiVersions v0 and
 * Metadata v1, which every release from 0.10 on answers.
 *
 * Source: https://kafka.apache.org/protocol
 *
 * @module
 */

/** Where a broker listens. */
export interface BrokerAddress {
  hostname: string;
  port: number;
  tls?: boolean;
}

/** A reply is never larger: lists of requests and brokers. */
const MAXIMUM_REPLY_BYTES = 1 << 20;

const METADATA = { key: 3, version: 1 };
const API_VERSIONS = { key: 18, version: 0 };

class Reader {
  #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  int16(): number {
    this.#at += 2;
    return this.#view.getInt16(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#view.getInt32(this.#at - 4);
  }

  skipString(): void {
    const size = this.int16();
    this.#at += Math.max(0, size);
  }
}

function encodeRequest(api: { key: number; version: number }, body: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(14 + body.length));
  view.setInt32(0, 10 + body.length);
  view.setInt16(4, api.key);
  view.setInt16(6, api.version);
  // Correlation id 0, no client id.
  view.setInt16(12, -1);
  const bytes = new Uint8Array(view.buffer);
  bytes.set(body, 14);
  return bytes;
}

async function readExactly(connection: Deno.Conn, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  for (let done = 0; done < size;) {
    const count = await connection.read(bytes.subarray(done));
    if (count === null) throw new Error("the connection was closed");
    done += count;
  }
  return bytes;
}

function close(connection: Deno.Conn | undefined): void {
  try {
    connection?.close();
  } catch {
    // It is closed.
  }
}

/** Sends one request on a connection of its own; returns the body of the reply. */
async function ask(
  { hostname, port, tls }: BrokerAddress,
  request: Uint8Array,
  timeoutMs: number,
): Promise<Reader> {
  let connection: Deno.Conn | undefined;
  const abort = new AbortController();
  const timer = setTimeout(() => {
    abort.abort();
    close(connection);
  }, timeoutMs);
  try {
    const tcp = await Deno.connect({ hostname, port, signal: abort.signal });
    connection = tcp;
    if (tls) connection = await Deno.startTls(tcp, { hostname });
    await connection.write(request);
    const size = new DataView((await readExactly(connection, 4)).buffer).getInt32(0);
    // Whatever listens there may not speak Kafka: HTTP, say.
    const isKafka = size >= 4 && size <= MAXIMUM_REPLY_BYTES;
    const reader = new Reader(await readExactly(connection, isKafka ? size : 0));
    if (!isKafka || reader.int32() !== 0) throw new Error("what answers is not a Kafka broker");
    return reader;
  } catch (error) {
    throw abort.signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error;
  } finally {
    clearTimeout(timer);
    close(connection);
  }
}

/** The ids at the beginning of a reply to Metadata. */
function brokerIds(reader: Reader): number[] {
  return Array.from({ length: reader.int32() }, () => {
    const id = reader.int32();
    reader.skipString();
    reader.int32();
    reader.skipString();
    return id;
  });
}

/** Ids of the brokers that a broker knows as alive. @throws {Error} when it does not answer in time */
export async function readBrokerIds(address: BrokerAddress, timeoutMs = 1000): Promise<number[]> {
  // An empty list of topics.
  return brokerIds(await ask(address, encodeRequest(METADATA, [0, 0, 0, 0]), timeoutMs));
}

/** Whether a broker knows a topic and has a leader for it. @throws {Error} when it does not answer in time */
export async function knowsTopic(
  address: BrokerAddress,
  topic: string,
  timeoutMs = 5000,
): Promise<boolean> {
  const name = new TextEncoder().encode(topic);
  const body = [0, 0, 0, 1, name.length >> 8, name.length & 255, ...name];
  const reader = await ask(address, encodeRequest(METADATA, body), timeoutMs);
  brokerIds(reader);
  reader.int32(); // the controller
  return reader.int32() === 1 && reader.int16() === 0;
}

/** The newest version of each request that a broker understands, by key. */
export async function readApiVersions(
  address: BrokerAddress,
  timeoutMs = 5000,
): Promise<Map<number, number>> {
  const reader = await ask(address, encodeRequest(API_VERSIONS, []), timeoutMs);
  const error = reader.int16();
  if (error !== 0) throw new Error(`the broker answers with error ${error}`);
  return new Map(Array.from({ length: reader.int32() }, () => {
    const key = reader.int16();
    reader.int16();
    return [key, reader.int16()];
  }));
}

/** What a release was the first to understand: key and version of a request. */
const FIRST_TO_KNOW: [release: string, key: number, version: number][] = [
  ["4.2", 2, 11],
  ["4.1", 0, 13],
  ["4.0", 3, 13],
  ["3.9", 2, 9],
  ["3.8", 0, 11],
  ["3.7", 0, 10],
  ["3.5", 1, 14],
  ["3.1", 3, 12],
  ["2.8", 0, 9],
  ["2.4", 47, 0],
];

/**
 * The newest release that a broker is at least, of those that can be told apart: a broker does not say its version.
 *
 * @return for example "3.7", or undefined when it is older than 2.4
 */
export function releaseOf(apiVersions: ReadonlyMap<number, number>): string | undefined {
  return FIRST_TO_KNOW.find(([, key, version]) => (apiVersions.get(key) ?? -1) >= version)?.[0];
}
