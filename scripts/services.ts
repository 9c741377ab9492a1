/**
 * `deno task services up|down|status`: real services that stay until they are told to go, for interactive use.
 *
 * Notebooks that are opened meanwhile, in the lab or in an editor, use them instead of starting their own.
 *
 * @module
 */
import { Control, openControl, type Request } from "lib/services/control.ts";
import { killLeftovers } from "lib/services/processes.ts";
import { endServers, servicesFolder } from "lib/services/run_folder.ts";
import type { Started } from "lib/services/shapes.ts";
import { setup } from "./setup.ts";
import { alignColumns, print, printError } from "./terminal.ts";
import { parseFlags, runCommand, UsageError } from "./usage.ts";

const HELP = `Starts services that stay, ends them, or tells which run.

deno task services up [redis kafka postgres etcd]|down|status
  --help

Without a name, up starts all. It prints their addresses as lines for the environment
(deno task services up > .env); the second time it finds what is there.
A running notebook of the lab or of an editor uses them; \`run\` and \`test\` start their own.`;

interface Kept {
  title: string;
  /** Exactly what a notebook asks for that says no more than its name: so it gets this one. */
  request: Pick<Request & { type: "start" }, "shape" | "options">;
  address: (started: Started) => string;
}

/** The services that stay up, by the name that notebooks call. */
const KEPT = {
  redis: {
    title: "Redis",
    request: { shape: "redis", options: {} },
    address: ({ nodes: [{ hostname, port }] }) => `REDIS_URL=redis://${hostname}:${port}`,
  },
  kafka: {
    title: "Kafka",
    request: { shape: "kafka", options: { brokers: 1 } },
    address: ({ nodes: [{ hostname, port }] }) => `KAFKA_BROKERS=${hostname}:${port}`,
  },
  postgres: {
    title: "PostgreSQL",
    request: { shape: "postgres", options: { replicas: 0, shards: 1 } },
    address: ({ password, nodes: [{ hostname, port }] }) =>
      `DATABASE_URL=postgres://postgres:${password}@${hostname}:${port}/postgres`,
  },
  etcd: {
    title: "etcd",
    request: { shape: "etcd", options: { members: 1 } },
    address: ({ nodes: [{ hostname, port }] }) => `ETCD_ENDPOINTS=http://${hostname}:${port}`,
  },
} satisfies Record<string, Kept>;

type KeptName = keyof typeof KEPT;

const KEPT_NAMES = Object.keys(KEPT) as KeptName[];

function isKept(name: string): name is KeptName {
  return name in KEPT;
}

/** Starts what does not run yet; what cannot be started does not keep the others from it. */
async function up(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !isKept(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot start services: a name must be one of ${KEPT_NAMES.join(", ")}: received ${unknown}`,
    );
  }
  const wanted = names.length > 0 ? names.filter(isKept) : KEPT_NAMES;
  // Standard output is for the addresses alone.
  const missing = await setup({ need: wanted, print: printError });
  await Deno.mkdir(servicesFolder, { recursive: true });
  using control = await openControl(servicesFolder, { keep: true });
  let isAllUp = true;
  for (const name of wanted) {
    if (missing.some(({ need }) => need === name)) {
      isAllUp = false;
      continue;
    }
    const { title, request, address }: Kept = KEPT[name];
    try {
      const started = await control.ask({ type: "start", own: false, ...request });
      print(`# ${title} ${started.version} (${started.from})\n${address(started)}`);
    } catch (error) {
      printError((error as Error).message);
      isAllUp = false;
    }
  }
  return isAllUp ? 0 : 1;
}

/** What a supervisor left that was killed: nobody answers for it any more. */
async function removeLeftovers(): Promise<boolean> {
  try {
    const pids = await killLeftovers(servicesFolder, { kernels: false });
    await Deno.remove(servicesFolder, { recursive: true });
    return pids.length > 0;
  } catch {
    return false;
  }
}

async function down(): Promise<number> {
  const isEnded = await endServers(servicesFolder) || await removeLeftovers();
  print(isEnded ? "Services are down." : "No services were up.");
  return 0;
}

async function status(): Promise<number> {
  using control = await Control.connect(servicesFolder);
  const nodes = await control?.ask({ type: "status" }) ?? [];
  if (nodes.length === 0) {
    print("No services are up: deno task services up starts them.");
    return 0;
  }
  const rows = nodes.map(({ name, state, pid }) => [name, state, `pid ${pid ?? "none"}`]);
  for (const line of alignColumns(rows)) print(line);
  return nodes.every(({ state }) => state === "running") ? 0 : 1;
}

const ACTIONS: Record<string, (names: readonly string[]) => Promise<number>> = { up, down, status };

async function services(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, { help: { type: "boolean", short: "h" } });
  if (values.help) {
    print(HELP);
    return 0;
  }
  const [verb = "", ...names] = positionals;
  const action = ACTIONS[verb];
  if (action === undefined || (names.length > 0 && action !== up)) {
    throw new UsageError(
      `Cannot manage services: the action must be one of up, down, status: received ${
        positionals.join(" ") || "none"
      }`,
    );
  }
  try {
    return await action(names);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    printError((error as Error).message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await runCommand(() => services(Deno.args)));
