/**
 * A Kafka server in `.workshop/kafka/VERSION/`: the jars that `kafka_jars.txt` names, and an archive of loaded classes.
 *
 * The archive (Java's class data sharing) halves what a broker's start costs, 2.2 instead of 3.8 s of one core; it is
 * made from the classes that one broker loads, anew for another version of Java. Without it Kafka starts as well.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Host } from "lib/services/host.ts";
import { chooseJava, findJava } from "lib/services/java.ts";
import {
  archiveOf,
  classpathOf,
  findKafkaJars,
  kafkaFolder,
  type KafkaJars,
  MINIMUM_KAFKA_SERVER,
} from "lib/services/kafka_jars.ts";
import { type KafkaProgram, startKafka } from "lib/services/kafka_server.ts";
import { isAtLeast } from "lib/services/version.ts";
import type { Missing, Print } from "../setup.ts";
import { formatDuration } from "../terminal.ts";
import { execute } from "./execute.ts";
import { fetchJars, parseJars } from "./maven.ts";

const jarsFile = fileURLToPath(new URL("./kafka_jars.txt", import.meta.url));

/** Brings the server that we have recorded, unless it is there; others that we brought go. */
async function bringServer(print: Print): Promise<void> {
  const jars = parseJars(await Deno.readTextFile(jarsFile));
  const { version } = jars.find(({ artifactId }) => artifactId.startsWith("kafka_"))!;
  const servers = findKafkaJars();
  const isGiven = ({ from, version }: KafkaJars) =>
    from !== "Maven" && isAtLeast(version, MINIMUM_KAFKA_SERVER);
  if (servers.some((server) => isGiven(server) || server.version === version)) return;
  // Whoever finds the folder of a version finds it whole.
  const draft = join(kafkaFolder, `draft-${version}`);
  await fetchJars(jars, join(draft, "libs"), { print });
  await Deno.rename(draft, join(kafkaFolder, version));
  for (const { folder, from } of servers) {
    if (from === "Maven") await Deno.remove(dirname(folder), { recursive: true });
  }
}

/** Starts and ends a broker; the classes that it loads are the ones that every broker does. */
async function listClasses(program: KafkaProgram, folder: string): Promise<string> {
  const list = join(folder, "classes.lst");
  const host = new Host(folder);
  try {
    await startKafka(host, {}, { ...program, options: [`-XX:DumpLoadedClassList=${list}`] });
  } finally {
    await host.close();
  }
  return list;
}

/** Makes the archive; a failure costs only speed. */
async function prepareArchive(program: KafkaProgram, print: Print): Promise<void> {
  const { java, jars } = program;
  const archive = archiveOf(jars, java.version);
  if (await Deno.stat(archive).then(() => true, () => false)) return;
  const startMs = performance.now();
  print(`Kafka: preparing quick starts with Java ${java.version}`);
  const folder = await Deno.makeTempDir({ dir: dirname(jars.folder), prefix: "archive-" });
  try {
    const list = await listClasses(program, folder);
    const draft = join(folder, "classes.jsa");
    await execute([
      java.path,
      "-Xshare:dump",
      "-Xlog:disable",
      `-XX:SharedClassListFile=${list}`,
      `-XX:SharedArchiveFile=${draft}`,
      "-cp",
      classpathOf(jars),
    ], undefined);
    await Deno.rename(draft, archive);
    print(`Kafka: ready after ${formatDuration(performance.now() - startMs)}`);
  } catch (error) {
    print(`Kafka: starts will be slower: ${(error as Error).message.split("\n")[0]}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function findServer(): KafkaJars | undefined {
  return findKafkaJars().find(({ version }) => isAtLeast(version, MINIMUM_KAFKA_SERVER));
}

/** Whether Kafka can be had on this machine without a set-up. */
export function hasKafka(): boolean {
  return (Deno.env.get("KAFKA_BROKERS") ?? "") !== "" ||
    (findServer() !== undefined && findJava().length > 0);
}

/** What was prepared: the Java, the server, and what we bring. */
async function stampKey(): Promise<string> {
  const times = findJava().map(({ path }) => `${path} ${Deno.statSync(path).mtime?.getTime()}`);
  return JSON.stringify([times, findServer(), await Deno.readTextFile(jarsFile)]);
}

/** Brings Kafka, where there is a Java for it; tells what is missing when that cannot be. */
export async function prepareKafka(print: Print): Promise<Missing | undefined> {
  if ((Deno.env.get("KAFKA_BROKERS") ?? "") !== "") return undefined;
  await Deno.mkdir(kafkaFolder, { recursive: true });
  const stamp = join(kafkaFolder, "stamp");
  if (await Deno.readTextFile(stamp).catch(() => "") === await stampKey()) return undefined;
  const java = await chooseJava();
  if (java === undefined) {
    return {
      need: "kafka",
      reason: "no Java 17 or newer, and no Python to bring one",
      remedy: "Install a Java runtime (Debian, Ubuntu: `sudo apt-get install " +
        "openjdk-17-jre-headless`; macOS: `brew install openjdk`), or set KAFKA_BROKERS",
    };
  }
  try {
    await bringServer(print);
  } catch (error) {
    return {
      need: "kafka",
      reason: (error as Error).message,
      remedy: "When the repository can be reached, try again; behind a mirror set MVNW_REPOURL; " +
        "or unpack Kafka and set KAFKA_HOME, or set KAFKA_BROKERS to brokers of yours",
    };
  }
  const jars = findServer()!;
  if (jars.from === "Maven") await prepareArchive({ java, jars }, print);
  await Deno.writeTextFile(stamp, await stampKey());
  return undefined;
}
