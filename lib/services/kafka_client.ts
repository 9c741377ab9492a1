/**
 * kafkajs, configured as in production, and its connections in our hands.
 *
 * A connect is given up after 2 s, a request after 10 s; a request that fails is tried again with a growing delay of at
 * most 1 s, 10 times, which outlasts the election of a new leader. Our connections can be led through fault proxies,
 * whatever addresses the brokers announce, and cut at the end, so that nothing waits for a broker that does not answer.
 *
 * @module
 */
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type ISocketFactoryArgs, Kafka, type KafkaConfig, logLevel } from "kafkajs";
import "./kafka_mends.ts";
import type { BrokerAddress } from "./kafka_wire.ts";

/** Addresses of brokers, and how to log in. */
export interface KafkaAddresses {
  brokers: BrokerAddress[];
  ssl: boolean;
  sasl?: {
    mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
    username: string;
    password: string;
  };
}

const ADDRESSES =
  /^(?:(kafka|kafka\+ssl):\/\/(?:([^:@/]+):([^@/]*)@)?)?([\w.,:-]+)\/?(?:\?mechanism=(plain|scram-sha-256|scram-sha-512))?$/;

/**
 * Reads `HOST:PORT,…`, or `kafka://USER:PASSWORD@HOST:PORT,…` with `kafka+ssl://` for TLS and `?mechanism=scram-sha-512`
 * for another log-in than plain.
 *
 * @throws {SyntaxError} when it cannot be read; the password is not shown
 */
export function parseAddresses(text: string): KafkaAddresses {
  const match = text.trim().match(ADDRESSES);
  const ssl = match?.[1] === "kafka+ssl";
  const brokers = (match?.[4] ?? "").split(",").filter((entry) => entry !== "").map((entry) => {
    const [hostname, port = "9092"] = entry.split(":");
    return { hostname, port: Number(port), tls: ssl };
  });
  const isValid = ({ hostname, port }: BrokerAddress) =>
    hostname !== "" && Number.isInteger(port) && port > 0 && port < 65536;
  if (match === null || brokers.length === 0 || !brokers.every(isValid)) {
    throw new SyntaxError(
      "Cannot use Kafka: KAFKA_BROKERS must be HOST:PORT,HOST:PORT or kafka+ssl://USER:PASSWORD@HOST:PORT: received " +
        text.replace(/:[^:@/]*@/, ":***@"),
    );
  }
  if (match[2] === undefined) return { brokers, ssl };
  const sasl = {
    mechanism: (match[5] ?? "plain") as "plain",
    username: decodeURIComponent(match[2]),
    password: decodeURIComponent(match[3]),
  };
  return { brokers, ssl, sasl };
}

export function nameOf({ hostname, port }: { hostname: string; port: number }): string {
  return `${hostname}:${port}`;
}

/** The connections of one client. */
export class KafkaConnections {
  #routes = new Map<string, { hostname: string; port: number }>();
  #sockets = new Set<Socket>();
  #isClosed = false;

  /** Leads what is meant for a broker to another address. */
  route(broker: string, to: { hostname: string; port: number }): void {
    this.#routes.set(broker, to);
  }

  /** Cuts all connections, and makes no more. */
  close(): void {
    this.#isClosed = true;
    // Without an error kafkajs would go on waiting for answers.
    const error = new Error("the service is closed");
    for (const socket of this.#sockets) socket.destroy(error);
  }

  readonly open = ({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket => {
    if (this.#isClosed) throw new Error("the service is closed");
    const target = this.#routes.get(`${host}:${port}`) ?? { hostname: host, port };
    const address = { host: target.hostname, port: target.port };
    const servername = isIP(host) ? undefined : host;
    const socket = ssl
      ? connectTls({ ...address, servername, ...ssl }, onConnect)
      : connect(address, onConnect);
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    return socket;
  };
}

export function newClient(
  { brokers, ssl, sasl }: KafkaAddresses,
  connections: KafkaConnections,
  options: Partial<KafkaConfig>,
): Kafka {
  return new Kafka({
    brokers: brokers.map(nameOf),
    ssl,
    sasl: sasl as KafkaConfig["sasl"],
    connectionTimeout: 2000,
    authenticationTimeout: 5000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 10 },
    socketFactory: connections.open,
    // A request that fails says so itself.
    logLevel: logLevel.NOTHING,
    ...options,
  });
}
