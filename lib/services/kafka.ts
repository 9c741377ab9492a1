/**
 * A Kafka for a notebook: yours by `KAFKA_BROKERS`, else a private one that ends with the run.
 *
 * One private broker is shared by the notebooks of a run; several are always the notebook's own, which may stop, kill
 * and pause them. Topics, consumer groups and transactions carry a prefix that no other notebook and no other run has;
 * `close()` removes them from brokers that are yours. The client is kafkajs (`kafka_client.ts`).
 *
 * @example
 * ```ts
 * import { kafka } from "./kafka.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using log = await kafka();
 * const topic = await log.createTopic("greetings");
 * const producer = await log.producer();
 * const [{ baseOffset }] = await producer.send({ topic, messages: [{ value: "hello" }] });
 * assertEquals(baseOffset, "0");
 * ```
 *
 * @module
 */
import {
  type Admin,
  type Consumer,
  type ConsumerConfig,
  type Kafka,
  Partitioners,
  type Producer,
  type ProducerConfig,
} from "kafkajs";
import type { ServiceNode } from "./acquire.ts";
import { FaultProxy } from "./fault_proxy.ts";
import {
  addressesOf,
  cannotUse,
  findBrokers,
  isOwnKafka,
  type KafkaOrigin,
  type KafkaRequest,
  ORIGINS,
} from "./kafka_brokers.ts";
import { KafkaConnections, nameOf, newClient } from "./kafka_client.ts";
import { type BrokerAddress, knowsTopic } from "./kafka_wire.ts";
import { notebookName } from "./namespace.ts";

/** How long `close()` waits for brokers that do not answer, in milliseconds. */
const CLOSE_TIMEOUT_MS = 3000;
/** How long a new topic may be without leaders, in milliseconds. */
const LEADERS_TIMEOUT_MS = 30_000;

export interface TopicOptions {
  /** Default: 1. */
  partitions?: number;
  /** Default: the brokers' own, 3 where there are three. */
  replicas?: number;
  /** Settings of the topic, for example `{ "cleanup.policy": "compact" }`. */
  config?: Readonly<Record<string, string>>;
}

/** A broker that is the notebook's own. */
export interface KafkaNode extends ServiceNode {
  readonly brokerId: number;
  /** Between clients and this broker. */
  readonly proxy?: FaultProxy;
}

/** A Kafka and its clients. */
export interface KafkaService extends AsyncDisposable {
  readonly client: Kafka;
  readonly admin: Admin;
  /** Where the brokers listen, `HOST:PORT`. */
  readonly brokers: readonly string[];
  /** Of a broker that is yours: the release that it is at least. */
  readonly version: string;
  /** How the server was found. */
  readonly from: KafkaOrigin;
  /** For the reader: version and origin. */
  readonly description: string;
  /** Put before every topic, group and transaction by the methods below. */
  readonly prefix: string;
  /** The brokers by id, where they are this notebook's own. */
  readonly nodes: readonly KafkaNode[];
  /** Between clients and each broker, where they were asked for. */
  readonly proxies: readonly FaultProxy[];
  /** The full name of a topic of this notebook. */
  topic(name: string): string;
  /** Makes a topic; resolves to its full name when the leaders of its partitions answer, and all brokers know it. */
  createTopic(name: string, options?: TopicOptions): Promise<string>;
  /** A connected producer, closed with the service; keys go to partitions as Java's clients send them. */
  producer(config?: ProducerConfig): Promise<Producer>;
  /** A connected consumer, closed with the service; its group id gets the prefix. */
  consumer(config: ConsumerConfig): Promise<Consumer>;
  /** Closes all clients and gives the brokers back. */
  close(): Promise<void>;
}

/** The brokers of the cluster, by id. */
async function readMembers(client: Kafka): Promise<{ hostname: string; port: number }[]> {
  const admin = client.admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    return brokers.toSorted((a, b) => a.nodeId - b.nodeId)
      .map(({ host, port }) => ({ hostname: host, port }));
  } finally {
    await admin.disconnect();
  }
}

/** A name of this notebook's own, in the letters that topics may have. */
function newPrefix(): string {
  const name = notebookName().replace(/[^\w.-]/g, "-").slice(0, 100);
  return `${name}.${crypto.randomUUID().slice(0, 8)}.`;
}

/** Waits, but not for ever; what fails or comes late is let go. */
async function attempt(work: () => Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((done) => timer = setTimeout(done, CLOSE_TIMEOUT_MS));
  await Promise.race([work().catch(() => {}), late]);
  clearTimeout(timer);
}

/**
 * Waits until every partition of a new topic has a leader that answers: one that is only named still refuses records,
 * and a producer that tries again sends those of the other partitions twice.
 *
 * @throws {Error} when one has none for 30 s
 */
async function waitForLeaders(admin: Admin, topic: string, partitions: number): Promise<void> {
  let reason = "";
  for (const limitMs = performance.now() + LEADERS_TIMEOUT_MS; performance.now() < limitMs;) {
    try {
      const led = await admin.fetchTopicOffsets(topic);
      if (led.length === partitions) return;
      reason = `${led.length}`;
    } catch (error) {
      reason = (error as Error).message;
    }
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(
    `Cannot make topic ${topic}: each of its ${partitions} partitions must have a leader: received ${reason}`,
  );
}

/**
 * Waits until each broker that answers has heard of a new topic: a client that asks one that has not takes its name for
 * an error.
 */
async function waitForAll(members: readonly BrokerAddress[], topic: string): Promise<void> {
  const limitMs = performance.now() + LEADERS_TIMEOUT_MS;
  await Promise.all(members.map(async (member) => {
    // One that does not answer is dead or paused, which is the notebook's affair.
    while (!await knowsTopic(member, topic).catch(() => true) && performance.now() < limitMs) {
      await new Promise((done) => setTimeout(done, 20));
    }
  }));
}

async function removeOwnNames(admin: Admin, prefix: string): Promise<void> {
  const topics = (await admin.listTopics()).filter((name) => name.startsWith(prefix));
  if (topics.length > 0) await admin.deleteTopics({ topics });
  const { groups } = await admin.listGroups();
  const groupIds = groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(prefix));
  if (groupIds.length > 0) await admin.deleteGroups(groupIds);
}

/**
 * Connects to a Kafka, starting private brokers if need be.
 *
 * @throws {Error} when there is none, it does not answer, or it is older than 2.4, with the ways to get one
 */
export async function kafka(request: KafkaRequest = {}): Promise<KafkaService> {
  const { brokers = 1, proxy = false } = request;
  if (!(Number.isInteger(brokers) && brokers >= 1 && brokers <= 7)) {
    throw new RangeError(`Cannot start Kafka: brokers must be 1 to 7: received ${brokers}`);
  }
  const found = await findBrokers(request);
  const { ssl, sasl } = found.addresses;
  const prefix = newPrefix();
  const connections = new KafkaConnections();
  const client = newClient(found.addresses, connections, { clientId: notebookName() });
  const clients: (Producer | Consumer)[] = [];
  const proxies: FaultProxy[] = [];
  const admin = client.admin();
  let closing: Promise<void> | undefined;

  const keep = async <C extends Producer | Consumer>(opened: C): Promise<C> => {
    clients.push(opened);
    await opened.connect();
    return opened;
  };
  const disconnect = (opened: (Admin | Producer | Consumer)[]) =>
    attempt(() => Promise.all(opened.map((each) => each.disconnect())));
  const end = async () => {
    if (found.from === "KAFKA_BROKERS") {
      await disconnect(clients);
      await attempt(() => removeOwnNames(admin, prefix));
    }
    await disconnect([...clients, admin]);
    connections.close();
    await Promise.all(proxies.map((each) => each.close()));
    await found.acquired?.release();
  };
  const close = () => closing ??= end();
  const topic = (name: string) => `${prefix}${name}`;

  try {
    const members = await readMembers(client);
    if (proxy) {
      for (const member of members) {
        const between = await FaultProxy.start(member);
        proxies.push(between);
        connections.route(nameOf(member), between);
      }
    }
    await admin.connect();
    // The last of several is the controller, which is no broker.
    const nodes = isOwnKafka(request) ? found.acquired!.nodes.slice(0, brokers) : [];
    return {
      client,
      admin,
      brokers: members.map(nameOf),
      version: found.version,
      from: found.from,
      description: `Kafka ${found.version}, ${ORIGINS[found.from]}`,
      prefix,
      nodes: nodes.map((node, i) => Object.assign(node, { brokerId: i + 1, proxy: proxies.at(i) })),
      proxies,
      topic,
      async createTopic(name, { partitions = 1, replicas = -1, config = {} } = {}) {
        const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
        await admin.createTopics({
          // The client's own waiting gives up where brokers hear of the topic late.
          waitForLeaders: false,
          topics: [{
            topic: topic(name),
            numPartitions: partitions,
            replicationFactor: replicas,
            configEntries,
          }],
        });
        await waitForLeaders(admin, topic(name), partitions);
        // Brokers that want TLS or a log-in are asked through the client alone.
        if (!ssl && sasl === undefined) await waitForAll(members, topic(name));
        return topic(name);
      },
      producer: (config = {}) =>
        keep(client.producer({
          allowAutoTopicCreation: false,
          createPartitioner: Partitioners.DefaultPartitioner,
          ...config,
          ...(config.transactionalId && { transactionalId: `${prefix}${config.transactionalId}` }),
        })),
      consumer: (config) =>
        keep(client.consumer({
          // How long a fetch waits for records, and so how long a consumer takes to stop.
          maxWaitTimeInMs: 250,
          sessionTimeout: 10_000,
          heartbeatInterval: 1000,
          allowAutoTopicCreation: false,
          ...config,
          groupId: `${prefix}${config.groupId}`,
        })),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    if (found.from !== "KAFKA_BROKERS") throw error;
    throw cannotUse(addressesOf(request), (error as Error).message);
  }
}
