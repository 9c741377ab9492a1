/**
 * Programs of system packages: which they are, where they lie, and which of them is new enough.
 *
 * They lie in folders that a user's PATH often lacks.
 *
 * @module
 */
import { type Binary, findBinaries } from "./binaries.ts";
import { isAtLeast } from "./version.ts";

interface Program {
  /** The oldest that will do. */
  minimum: string;
  versionFlag: string;
  /** The package for Debian and Ubuntu, and the service that it brings. */
  debian: string;
  service: string;
  homebrew: string;
  /** What holds the addresses of servers of the user's, where those may stand in for private ones. */
  variable?: string;
}

/** By name of the program. */
export const SYSTEM_PROGRAMS = {
  pgbouncer: {
    // The first that reads new certificates when it is told to reload.
    minimum: "1.16",
    versionFlag: "--version",
    debian: "pgbouncer",
    service: "pgbouncer",
    homebrew: "pgbouncer",
  },
  haproxy: {
    minimum: "2.4",
    versionFlag: "-v",
    debian: "haproxy",
    service: "haproxy",
    homebrew: "haproxy",
  },
  nginx: {
    minimum: "1.18",
    versionFlag: "-v",
    debian: "nginx",
    service: "nginx",
    homebrew: "nginx",
  },
  etcd: {
    // The first whose gateway answers at /v3.
    minimum: "3.4",
    versionFlag: "--version",
    debian: "etcd-server",
    service: "etcd",
    homebrew: "etcd",
    variable: "ETCD_ENDPOINTS",
  },
  promtool: {
    minimum: "2.0",
    versionFlag: "--version",
    debian: "prometheus",
    service: "prometheus",
    homebrew: "prometheus",
  },
} satisfies Record<string, Program>;

export type SystemProgram = keyof typeof SYSTEM_PROGRAMS;

const FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/opt/homebrew/bin", "/opt/homebrew/sbin"];

/** All places that hold the program: those of the PATH, then those of system packages. */
export function findSystemProgram(
  name: string,
  path = Deno.env.get("PATH") ?? "",
  folders = FOLDERS,
): Binary[] {
  const onPath = findBinaries(name, { path });
  const elsewhere = findBinaries(name, { path: folders.join(":") })
    .filter((binary) => onPath.every((other) => other.path !== binary.path));
  return [...onPath, ...elsewhere.map(({ path }) => ({ path, from: "system" as const }))];
}

/** The ways to get a program that is missing, or too old. */
export function waysToGet(name: SystemProgram): string {
  const { debian, homebrew, variable }: Program = SYSTEM_PROGRAMS[name];
  const first = variable === undefined
    ? `put a ${name} of yours first on the PATH`
    : `set ${variable} to servers of yours, for example the one of \`docker compose up\` (compose.yaml)`;
  return `Three ways to get one: (1) ${first}; ` +
    `(2) install it (\`apt-get install ${debian}\`, \`brew install ${homebrew}\`); ` +
    "(3) run `npx -y deno@2.9.6 task setup` as root on Debian or Ubuntu, which installs it.";
}

async function versionOf(path: string, flag: string): Promise<string> {
  try {
    const { stdout, stderr } = await new Deno.Command(path, { args: [flag] }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    return text.match(/\d+\.\d+(\.\d+)?/)?.[0] ?? "unknown";
  } catch {
    return "unknown";
  }
}

/**
 * The first of the programs that is new enough.
 *
 * @throws {Error} when none is there, or none is new enough, with the ways to get one
 */
export async function chooseSystemProgram(
  name: SystemProgram,
  binaries: readonly Binary[] = findSystemProgram(name),
): Promise<Binary & { version: string }> {
  const { minimum, versionFlag } = SYSTEM_PROGRAMS[name];
  const seen: string[] = [];
  for (const binary of binaries) {
    const version = await versionOf(binary.path, versionFlag);
    if (isAtLeast(version, minimum)) return { ...binary, version };
    seen.push(`${version} at ${binary.path}`);
  }
  throw new Error(
    `Cannot start ${name}: ${name} must be ${minimum} or newer: received ${
      seen.join(", ") || "none on the PATH, none of the system's packages"
    }. ${waysToGet(name)}`,
  );
}

/** Where a private server's program came from, for the reader. */
export function originOf(name: SystemProgram, from: string): string {
  return `private, ${name} from the ${from === "PATH" ? "PATH" : "system's packages"}`;
}
