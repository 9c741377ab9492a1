/**
 * Finds the brokers that a notebook's request means: yours by their addresses, else private ones.
 *
 * @module
 */
import { acquire, type Acquired } from "./acquire.ts";
import { type KafkaAddresses, nameOf, parseAddresses } from "./kafka_client.ts";
import { type KafkaConfig, WAYS_TO_GET_KAFKA } from "./kafka_server.ts";
import { readApiVersions, releaseOf } from "./kafka_wire.ts";
import { withoutPassword } from "./namespace.ts";

/** The oldest Kafka that notebooks may count on: reassignment of partitions, removal of offsets. */
export const MINIMUM_KAFKA = "2.4";

export interface KafkaRequest {
  /** Addresses of brokers of yours. Default: `KAFKA_BROKERS`. */
  addresses?: string;
  /** Private brokers that form a cluster; more than one are own. Default: 1. */
  brokers?: number;
  /** A private broker for this notebook alone, that it may stop, kill and pause. */
  own?: boolean;
  /** Settings of private brokers' server.properties, for example `{ "log.segment.bytes": "65536" }`. */
  config?: KafkaConfig;
  /** Put a fault proxy between the clients and each broker. */
  proxy?: boolean;
}

/** How a server was found. */
export type KafkaOrigin = "KAFKA_BROKERS" | "KAFKA_HOME" | "PATH" | "system" | "Maven";

/** Each origin as readers see it. */
export const ORIGINS: Record<KafkaOrigin, string> = {
  KAFKA_BROKERS: "at KAFKA_BROKERS",
  KAFKA_HOME: "private, server from KAFKA_HOME",
  PATH: "private, server from the PATH",
  system: "private, server from the system's packages",
  Maven: "private, server from Maven Central",
};

/** The addresses of brokers of yours; empty where there are none. */
export function addressesOf(
  { addresses = Deno.env.get("KAFKA_BROKERS") ?? "" }: KafkaRequest,
): string {
  return addresses;
}

/** Whether the brokers are for this notebook alone. */
export function isOwnKafka({ own = false, brokers = 1 }: KafkaRequest): boolean {
  return own || brokers > 1;
}

/** Brokers, and how they were found. */
export interface FoundBrokers {
  addresses: KafkaAddresses;
  version: string;
  from: KafkaOrigin;
  acquired?: Acquired;
}

export function cannotUse(text: string, reason: string): Error {
  return new Error(
    `Cannot use Kafka: KAFKA_BROKERS must be the addresses of brokers that answer: received ${
      withoutPassword(text)
    } (${reason}). ${WAYS_TO_GET_KAFKA}`,
  );
}

/** Asks the brokers of an address in turn; the first that answers tells its release. */
async function findYours(text: string): Promise<FoundBrokers> {
  const addresses = parseAddresses(text);
  let reason = "";
  for (const broker of addresses.brokers) {
    const apiVersions = await readApiVersions(broker)
      .catch((error: Error) => void (reason ||= error.message));
    if (apiVersions === undefined) continue;
    const release = releaseOf(apiVersions);
    if (release !== undefined) {
      return { addresses, version: `${release} or newer`, from: "KAFKA_BROKERS" };
    }
    throw new Error(
      `Cannot use Kafka: version must be ${MINIMUM_KAFKA} or newer: received an older one at ${
        nameOf(broker)
      }. ${WAYS_TO_GET_KAFKA}`,
    );
  }
  throw cannotUse(text, reason);
}

/** The brokers that a request means; private ones are started. */
export async function findBrokers(request: KafkaRequest): Promise<FoundBrokers> {
  const { brokers = 1, config } = request;
  const text = addressesOf(request);
  // A server that may be killed or reconfigured is never the user's.
  const isOwn = isOwnKafka(request);
  if (text !== "" && !isOwn && config === undefined) return await findYours(text);
  const acquired = await acquire("kafka", { brokers, config }, isOwn);
  const { version, from, nodes } = acquired.started;
  return {
    addresses: { brokers: nodes.slice(0, brokers), ssl: false },
    version,
    from: from as KafkaOrigin,
    acquired,
  };
}
