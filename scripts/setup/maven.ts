/**
 * Jars from a Maven repository, into a folder, each checked against the digest that we have recorded.
 *
 * Where Maven is installed it brings them: it knows the user's mirrors, proxies and passwords (`settings.xml`). What it
 * does not bring is downloaded from the repository that `MVNW_REPOURL` names, as for the Maven Wrapper, else from Maven
 * Central. Nothing is kept outside the folder.
 *
 * @module
 */
import { join } from "node:path";
import type { Print } from "../setup.ts";
import { execute } from "./execute.ts";

export interface Jar {
  groupId: string;
  artifactId: string;
  version: string;
  /** SHA-256 in hexadecimal. */
  digest: string;
}

export interface MavenOptions {
  /** The base address of a repository. Default: `MVNW_REPOURL`, else Maven Central. */
  repository?: string;
  /** The Maven program. Default: mvn, on the PATH. */
  mvn?: string;
  /** Before each further try of a download, in milliseconds. */
  pausesMs?: readonly number[];
  print: Print;
}

const PARALLEL_DOWNLOADS = 6;
/** Before a download is tried again: a repository that hiccups needs a moment. */
const PAUSES_MS = [1_000, 4_000, 10_000];

export function fileNameOf({ artifactId, version }: Jar): string {
  return `${artifactId}-${version}.jar`;
}

/** Reads lines `DIGEST  GROUP:ARTIFACT:VERSION`; others are comments. */
export function parseJars(text: string): Jar[] {
  return text.split("\n").flatMap((line) => {
    const [, digest, groupId, artifactId, version] =
      line.match(/^([0-9a-f]{64}) {2}([\w.-]+):([\w.-]+):([\w.-]+)$/) ?? [];
    return digest === undefined ? [] : [{ groupId, artifactId, version, digest }];
  });
}

async function digestOf(path: string): Promise<string | undefined> {
  try {
    const hash = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
    return new Uint8Array(hash).toHex();
  } catch {
    return undefined;
  }
}

/** The jars that are not in the folder as they must be; a wrong one is removed. */
async function findMissing(jars: readonly Jar[], folder: string): Promise<Jar[]> {
  const missing: Jar[] = [];
  for (const jar of jars) {
    const path = join(folder, fileNameOf(jar));
    const digest = await digestOf(path);
    if (digest === jar.digest) continue;
    if (digest !== undefined) await Deno.remove(path);
    missing.push(jar);
  }
  return missing;
}

/** A project that depends on exactly these jars, and on nothing that they depend on. */
function projectOf(jars: readonly Jar[]): string {
  const dependencies = jars.map(({ groupId, artifactId, version }) =>
    `<dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId>` +
    `<version>${version}</version><exclusions><exclusion><groupId>*</groupId>` +
    `<artifactId>*</artifactId></exclusion></exclusions></dependency>\n`
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>workshop</groupId><artifactId>jars</artifactId><version>1</version>
<dependencies>\n${dependencies.join("")}</dependencies></project>\n`;
}

async function fetchByMaven(
  jars: readonly Jar[],
  folder: string,
  { mvn, print }: { mvn: string; print: Print },
): Promise<void> {
  const project = join(folder, "maven");
  await Deno.mkdir(project, { recursive: true });
  await Deno.writeTextFile(join(project, "pom.xml"), projectOf(jars));
  let fetched = 0;
  const count = (line: string) => {
    if (/Downloaded from .*\.jar /.test(line) && ++fetched % 25 === 0) {
      // Maven brings its own parts too.
      print(`Maven: ${fetched} jars fetched`);
    }
  };
  await execute(
    [
      mvn,
      "--batch-mode",
      "--file",
      join(project, "pom.xml"),
      `-Dmaven.repo.local=${join(project, "repository")}`,
      "dependency:copy-dependencies",
      `-DoutputDirectory=${folder}`,
    ],
    undefined,
    count,
  );
  await Deno.remove(project, { recursive: true });
}

async function download(jar: Jar, folder: string, repository: string | undefined): Promise<void> {
  // The package knows where Maven Central is.
  const { default: { default: artifactUrl } } = await import("mvn-artifact-url");
  const address = await artifactUrl(jar, repository?.replace(/\/*$/, "/"));
  const response = await fetch(address, { signal: AbortSignal.timeout(300_000) });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${address} answers ${response.status} ${response.statusText}`);
  }
  const path = join(folder, fileNameOf(jar));
  await Deno.writeFile(path, response.body!);
  if (await digestOf(path) !== jar.digest) throw new Error("another content");
}

/**
 * Downloads, a few at once; a failed one is tried again, until one has failed for good. Returns the last errors.
 */
async function downloadAll(
  jars: readonly Jar[],
  folder: string,
  { repository = Deno.env.get("MVNW_REPOURL"), pausesMs = PAUSES_MS }: MavenOptions,
): Promise<string[]> {
  const queue = [...jars];
  const errors: string[] = [];
  const work = async () => {
    for (let jar = queue.shift(); jar !== undefined; jar = queue.shift()) {
      for (let failures = 0;;) {
        try {
          await download(jar, folder, repository);
          break;
        } catch (error) {
          const pauseMs = pausesMs[failures++];
          if (pauseMs === undefined || errors.length > 0) {
            errors.push((error as Error).message);
            break;
          }
          await new Promise((done) => setTimeout(done, pauseMs));
        }
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_DOWNLOADS }, work));
  return errors;
}

/**
 * Brings jars into a folder; those that are there are kept.
 *
 * @throws {Error} when some cannot be had, or are not what we have recorded
 */
export async function fetchJars(
  jars: readonly Jar[],
  folder: string,
  options: MavenOptions,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  let missing = await findMissing(jars, folder);
  const { mvn = "mvn", print } = options;
  if (missing.length > 0 && (await execute([mvn, "--version"], undefined)).success) {
    print(`Maven: bringing ${missing.length} jars`);
    await fetchByMaven(missing, folder, { mvn, print });
    missing = await findMissing(jars, folder);
  }
  let errors: string[] = [];
  if (missing.length > 0) {
    print(`Maven repository: downloading ${missing.length} jars`);
    errors = await downloadAll(missing, folder, options);
    missing = await findMissing(jars, folder);
  }
  if (missing.length === 0) return;
  throw new Error(
    `Cannot bring jars: ${fileNameOf(missing[0])} must be had with SHA-256 ${
      missing[0].digest
    }: received ${errors[0] ?? "another content"}`,
  );
}
