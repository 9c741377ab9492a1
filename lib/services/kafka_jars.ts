/**
 * Finds a Kafka server, which is a folder of jars: yours, else the one that our set-up brought from Maven Central.
 *
 * In order: `KAFKA_HOME`, the folder beside `kafka-server-start` on the PATH, the places of system packages, then
 * `.workshop/kafka/VERSION/`. Ours has beside its jars an archive of loaded classes for a Java (`prepareArchive` in
 * `scripts/setup/kafka.ts`), with which a broker starts in half the time.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBinaries } from "./binaries.ts";

/** The oldest server that we start: from here on, one that has no ZooKeeper formats its folder by itself. */
export const MINIMUM_KAFKA_SERVER = "3.9";

/** Where our set-up puts servers, one folder a version. */
export const kafkaFolder = fileURLToPath(new URL("../../.workshop/kafka/", import.meta.url));

export interface KafkaJars {
  /** The folder of the jars. */
  folder: string;
  version: string;
  from: "KAFKA_HOME" | "PATH" | "system" | "Maven";
}

export interface FindKafkaOptions {
  /** Default: `KAFKA_HOME`. */
  home?: string;
  /** The search path. Default: that of this process. */
  path?: string;
  /** Folder of servers that our set-up brought. */
  brought?: string;
}

const SYSTEM_PLACES = ["/opt/homebrew/opt/kafka", "/usr/local/opt/kafka", "/opt/kafka"];

function listFolder(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map((entry) => entry.name).sort();
  } catch {
    return [];
  }
}

/** The server whose jars lie in a folder, or nothing where they do not. */
function inspect(folder: string, from: KafkaJars["from"]): KafkaJars[] {
  const versions = listFolder(folder).map((name) => name.match(/^kafka_2\.\d+-([\d.]+)\.jar$/)?.[1])
    .filter((version) => version !== undefined);
  return versions.length === 0 ? [] : [{ folder, version: versions[0], from }];
}

/** The homes of the servers whose start script is on the PATH. */
function homesOnPath(path: string | undefined): string[] {
  return ["kafka-server-start", "kafka-server-start.sh"]
    .flatMap((name) => findBinaries(name, path === undefined ? {} : { path }))
    .map((script) => dirname(dirname(Deno.realPathSync(script.path))));
}

/** Every Kafka server, the preferred one first. */
export function findKafkaJars(options: FindKafkaOptions = {}): KafkaJars[] {
  const { home = Deno.env.get("KAFKA_HOME") ?? "", path, brought = kafkaFolder } = options;
  const inHome = (from: KafkaJars["from"]) => (home: string) => [
    ...inspect(join(home, "libs"), from),
    ...inspect(join(home, "libexec", "libs"), from),
  ];
  return [
    ...(home === "" ? [] : inHome("KAFKA_HOME")(home)),
    ...homesOnPath(path).flatMap(inHome("PATH")),
    ...(path === undefined ? SYSTEM_PLACES : []).flatMap(inHome("system")),
    // What is still being brought has no version for a name.
    ...listFolder(brought).filter((name) => /^\d/.test(name))
      .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
      .flatMap((version) => inspect(join(brought, version, "libs"), "Maven")),
  ];
}

/** The classpath of a server; its order decides whether an archive of its classes is valid. */
export function classpathOf(jars: KafkaJars): string {
  const separator = Deno.build.os === "windows" ? ";" : ":";
  return listFolder(jars.folder).filter((name) => name.endsWith(".jar"))
    .map((name) => join(jars.folder, name)).join(separator);
}

/** The archive of loaded classes of a server for a version of Java; it need not be there. */
export function archiveOf(jars: KafkaJars, javaVersion: string): string {
  return join(dirname(jars.folder), `classes-java-${javaVersion}.jsa`);
}
