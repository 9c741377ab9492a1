/**
 * Starts private Kafka brokers in KRaft mode: one, or several that form a cluster.
 *
 * One broker is its own controller. Several have a controller beside them, a process that keeps the cluster's metadata:
 * so any broker may die, and all but one, and the rest goes on as in a large cluster. Every process keeps its data in
 * its own folder and listens on a loopback port that was free a moment ago; when another took it meanwhile, the start is
 * tried again with others. Ready means that each broker knows all of them.
 *
 * Replication is as in production (three replicas, two in sync, where there are three brokers); time-outs that decide
 * how fast a dead broker is noticed are shorter, memory is small, and topics are made by hand only.
 *
 * Simplified: the folder is not formatted by Kafka's tool, which would cost a second Java start; a broker that finds
 * only `meta.properties` starts with the newest metadata version and optional features (such as eligible leader
 * replicas) off, as clusters have them that were upgraded from 3.x.
 *
 * @module
 */
import { join } from "node:path";
import { type Host, startOnFreePorts } from "./host.ts";
import { chooseJava } from "./java.ts";
import {
  archiveOf,
  classpathOf,
  findKafkaJars,
  type KafkaJars,
  MINIMUM_KAFKA_SERVER,
} from "./kafka_jars.ts";
import { readApiVersions, readBrokerIds } from "./kafka_wire.ts";
import { pollUntil } from "./server_process.ts";
import type { Address, Started } from "./shapes.ts";
import { isAtLeast } from "./version.ts";

export const WAYS_TO_GET_KAFKA = "Three ways to get one: " +
  "(1) set KAFKA_BROKERS to brokers of yours, for example the one of `docker compose up` (compose.yaml); " +
  "(2) install Kafka and Java 17 or newer (`brew install kafka`; or unpack Kafka and set KAFKA_HOME); " +
  "(3) run `npx -y deno@2.9.6 task setup`, which brings a server into .workshop/kafka/ and a Java into .venv/.";

/** Settings of server.properties, for example `{ "log.segment.bytes": "65536" }`. */
export type KafkaConfig = Readonly<Record<string, string>>;

export interface KafkaShape {
  /** Default: 1. */
  brokers?: number;
  config?: KafkaConfig;
}

/** What runs the brokers. */
export interface KafkaProgram {
  java: { path: string; version: string };
  jars: KafkaJars;
  /** Further options of the Java machine. */
  options?: readonly string[];
}

/** @throws {Error} when there is no server that is new enough, or no Java */
export async function chooseKafka(
  servers: readonly KafkaJars[] = findKafkaJars(),
  java?: Awaited<ReturnType<typeof chooseJava>>,
): Promise<KafkaProgram> {
  const jars = servers.find(({ version }) => isAtLeast(version, MINIMUM_KAFKA_SERVER));
  if (jars === undefined) {
    const seen = servers.map(({ version, folder }) => `${version} in ${folder}`).join(", ");
    throw new Error(
      `Cannot start Kafka: its server must be ${MINIMUM_KAFKA_SERVER} or newer: received ${
        seen || "none in KAFKA_HOME, none on the PATH, none in .workshop/kafka/"
      }. ${WAYS_TO_GET_KAFKA}`,
    );
  }
  java ??= await chooseJava();
  if (java === undefined) {
    throw new Error(
      "Cannot start Kafka: Java must be 17 or newer: received none in JAVA_HOME, none on the PATH, none in .venv/. " +
        WAYS_TO_GET_KAFKA,
    );
  }
  return { java, jars };
}

/** A process of the cluster. */
interface Member {
  id: number;
  folder: string;
  /** For clients; undefined for a controller that is no broker. */
  port?: number;
  /** For the brokers; undefined for a broker that is no controller. */
  controllerPort?: number;
}

/** The controller beside several brokers, whose ids are 1, 2, 3 … */
const CONTROLLER_ID = 100;

/** What a broker logs when it has caught up with the cluster and takes part in it. */
const STARTED = "Kafka Server started";

/** Errors and warnings, to the log that a failed start shows, and `STARTED`. */
const LOGGING = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %m (%c{1})%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
`;

function serverProperties(member: Member, all: readonly Member[], config: KafkaConfig): string {
  const brokers = all.filter(({ port }) => port !== undefined).length;
  const replicas = String(Math.min(3, brokers));
  const inSync = brokers >= 3 ? "2" : "1";
  const { port, controllerPort } = member;
  const roles = { broker: port, controller: controllerPort };
  const listeners = { PLAINTEXT: port, CONTROLLER: controllerPort };
  const settings: KafkaConfig = {
    "process.roles": Object.entries(roles).filter(([, port]) => port !== undefined)
      .map(([role]) => role).join(","),
    "node.id": String(member.id),
    "controller.quorum.voters": all.filter(({ controllerPort }) => controllerPort !== undefined)
      .map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(","),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    listeners: Object.entries(listeners).filter(([, port]) => port !== undefined)
      .map(([name, port]) => `${name}://127.0.0.1:${port}`).join(","),
    "log.dirs": join(member.folder, "data"),
    // A typing error in a topic's name is an error, not a new topic.
    "auto.create.topics.enable": "false",
    "default.replication.factor": replicas,
    "min.insync.replicas": inSync,
    "offsets.topic.replication.factor": replicas,
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": inSync,
    "transaction.state.log.num.partitions": "4",
    // A group of one notebook is complete when its consumers have joined: it does not wait for more.
    "group.initial.rebalance.delay.ms": "0",
    // A dead broker is replaced after 3 s, not 9.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "log.cleaner.dedupe.buffer.size": String(4 << 20),
    ...config,
  };
  return Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join("");
}

/** The arguments of `java`, one a line: too long for a command line. */
function javaArguments({ java, jars, options = [] }: KafkaProgram, folder: string): string {
  const args = [
    // A broker of a workshop needs little, and is started more often than it is loaded.
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    // Where there is none, or one of another Java, it goes without.
    `-XX:SharedArchiveFile=${archiveOf(jars, java.version)}`,
    "-Xshare:auto",
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    // No files outside the folder.
    "-XX:-UsePerfData",
    `-Djava.io.tmpdir=${folder}`,
    "-Djava.awt.headless=true",
    `-Dlog4j2.configurationFile=${join(folder, "log4j2.properties")}`,
    ...options,
    "-cp",
    classpathOf(jars),
  ];
  return args.map((argument) => `"${argument.replaceAll("\\", "\\\\")}"\n`).join("");
}

/** The cluster's id: 16 random bytes. */
function newClusterId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

async function prepare(
  program: KafkaProgram,
  member: Member,
  properties: string,
  clusterId: string,
): Promise<void> {
  const write = (name: string, text: string) => Deno.writeTextFile(join(member.folder, name), text);
  await Deno.mkdir(join(member.folder, "data"));
  await write("data/meta.properties", `version=1\ncluster.id=${clusterId}\nnode.id=${member.id}\n`);
  await write("server.properties", properties);
  await write("log4j2.properties", LOGGING);
  await write("java.args", javaArguments(program, member.folder));
}

async function knowsAll(port: number, ids: readonly number[]): Promise<boolean> {
  const known: number[] = await readBrokerIds({ hostname: "127.0.0.1", port }).catch(() => []);
  return ids.every((id) => known.includes(id));
}

async function answers(port: number): Promise<boolean> {
  const address = { hostname: "127.0.0.1", port };
  return await readApiVersions(address, 2000).then(() => true, () => false);
}

/** How often a process has started. */
async function countStarts(folder: string): Promise<number> {
  const log = await Deno.readTextFile(join(folder, "log")).catch(() => "");
  return log.split(STARTED).length - 1;
}

/** Where each process of a cluster lives and listens: the brokers, then the controller if it is none of them. */
async function plan(host: Host, count: number): Promise<Member[]> {
  const members: Member[] = [];
  for (let id = 1; id <= count; id++) {
    const folder = await host.newFolder("kafka");
    members.push({ id, folder, port: host.freePort() });
  }
  if (count === 1) return [{ ...members[0], controllerPort: host.freePort() }];
  const folder = await host.newFolder("kafka-controller");
  return [...members, { id: CONTROLLER_ID, folder, controllerPort: host.freePort() }];
}

/** Starts brokers that know each other; when one fails, none is left. */
async function startCluster(
  host: Host,
  program: KafkaProgram,
  { brokers: count = 1, config = {} }: KafkaShape,
): Promise<Address[]> {
  const members = await plan(host, count);
  const ids = members.filter(({ port }) => port !== undefined).map(({ id }) => id);
  const clusterId = newClusterId();
  // Started again later, a broker need not wait for others that are down.
  let isFormed = false;
  const start = async (member: Member) => {
    await prepare(program, member, serverProperties(member, members, config), clusterId);
    const { folder, port, controllerPort, id } = member;
    const args = [
      `@${join(folder, "java.args")}`,
      "kafka.Kafka",
      join(folder, "server.properties"),
    ];
    // A broker that is asked to end hands its partitions over first.
    const spec = { command: program.java.path, args, graceMs: 8000, killAtEnd: true };
    const isAnswering = () =>
      port === undefined ? answers(controllerPort!) : knowsAll(port, isFormed ? [id] : ids);
    let starts = 0;
    const ready = async (signal: AbortSignal) => {
      // One that is started again answers, with what it knew before, while it catches up.
      await pollUntil(
        async () => await isAnswering() && await countStarts(folder) > starts,
        signal,
      );
      starts = await countStarts(folder);
    };
    const name = await host.start(folder, spec, ready);
    return { name, hostname: "127.0.0.1", port: port ?? controllerPort! };
  };
  const addresses = await host.startTogether(members, start);
  isFormed = true;
  return addresses;
}

/** Starts brokers under the host; the last node of several is the controller. */
export async function startKafka(
  host: Host,
  shape: KafkaShape = {},
  program?: KafkaProgram,
): Promise<Started> {
  program ??= await chooseKafka();
  const { version, from } = program.jars;
  return {
    version,
    from,
    nodes: await startOnFreePorts(() => startCluster(host, program, shape)),
  };
}
