/**
 * `deno task services up|down|status`: real services that stay until they are told to go, for interactive use.
 *
 * Notebooks that are opened meanwhile, in the lab or in an editor, use them instead of starting their own.
 *
 * @module
 */
import { Control, openControl } from "lib/services/control.ts";
import { endServers, servicesFolder } from "lib/services/run_folder.ts";
import { setup } from "./setup.ts";
import { alignColumns, print, printError } from "./terminal.ts";
import { parseFlags, runCommand, UsageError } from "./usage.ts";

const HELP = `Starts services that stay, ends them, or tells which run.

deno task services up|down|status
  --help

A running notebook of the lab or of an editor uses them; \`run\` and \`test\` start their own.`;

async function up(): Promise<number> {
  const missing = await setup({ need: ["redis"] });
  if (missing.length > 0) return 1;
  await Deno.mkdir(servicesFolder, { recursive: true });
  using control = await openControl(servicesFolder, { keep: true });
  const { version, nodes: [{ hostname, port }] } = await control.ask({
    type: "start",
    shape: "redis",
    options: {},
    own: false,
  });
  print(`Redis ${version}: REDIS_URL=redis://${hostname}:${port}`);
  return 0;
}

async function down(): Promise<number> {
  print(await endServers(servicesFolder) ? "Services are down." : "No services were up.");
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

const ACTIONS: Record<string, () => Promise<number>> = { up, down, status };

async function services(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, { help: { type: "boolean", short: "h" } });
  if (values.help) {
    print(HELP);
    return 0;
  }
  const action = ACTIONS[positionals[0] ?? ""];
  if (action === undefined || positionals.length > 1) {
    throw new UsageError(
      `Cannot manage services: the action must be one of up, down, status: received ${
        positionals.join(" ") || "none"
      }`,
    );
  }
  try {
    return await action();
  } catch (error) {
    printError((error as Error).message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await runCommand(() => services(Deno.args)));
