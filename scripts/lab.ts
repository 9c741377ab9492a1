/**
 * `deno task lab`: JupyterLab on `notebooks/`, with the Deno kernel, and nothing of the user's own Jupyter touched.
 *
 * Settings, kernels and session state live under `.workshop/`; the server listens on loopback only, under a token. It
 * runs under the supervisor of a run folder, as its kernels' private services do: when this command ends, however it
 * ends, all of them end.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { ask, Control, openControl } from "lib/services/control.ts";
import { freePort } from "lib/services/host.ts";
import { openRunFolder, servicesFolder } from "lib/services/run_folder.ts";
import { prepareLab } from "./setup/jupyter.ts";
import { ROOT } from "./select.ts";
import { setup } from "./setup.ts";
import { SERVICES } from "./setup/services.ts";
import { print } from "./terminal.ts";
import { callingFolder, parseFlags, positiveInteger, runCommand, UsageError } from "./usage.ts";

const HELP = `Opens JupyterLab with the Deno kernel; sets it up first where need be.

deno task lab [FOLDER]
  FOLDER          the folder with notebooks; default: notebooks/
  --port N        listen on this port; default: 8888, or a free one when that is taken
  --no-browser    open no browser, print the address only
  --help`;

function isFree(port: number): boolean {
  try {
    using _listener = Deno.listen({ hostname: "127.0.0.1", port });
    return true;
  } catch {
    return false;
  }
}

function readPort(flag: string | undefined): number | undefined {
  if (flag === undefined) return undefined;
  const port = positiveInteger("port", flag);
  if (port > 65535 || !isFree(port)) {
    throw new UsageError(
      `Cannot start JupyterLab: --port must be a free port: received ${port}, which is ${
        port > 65535 ? "none" : "taken"
      }`,
    );
  }
  return port;
}

async function chooseFolder(argument: string | undefined): Promise<string> {
  const folder = argument === undefined
    ? join(ROOT, "notebooks")
    : resolve(callingFolder(), argument);
  if (await Deno.stat(folder).then((info) => info.isDirectory, () => false)) return folder;
  throw new UsageError(`Cannot start JupyterLab: FOLDER must be a folder: received ${folder}`);
}

/** Resolves when the user or the system asks this process to end. */
function askedToEnd(): Promise<void> {
  const signals = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"] as const
    : ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of signals) Deno.addSignalListener(signal, resolve);
  return promise;
}

/** Services that `deno task services up` started are used; else the lab's own. */
async function servicesRun(own: string): Promise<string> {
  using up = await Control.connect(servicesFolder);
  return up === undefined ? own : servicesFolder;
}

async function lab(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    port: { type: "string" },
    "no-browser": { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) {
    print(HELP);
    return 0;
  }
  const folder = await chooseFolder(positionals[0]);
  const wanted = readPort(values.port as string | undefined);
  // A service that cannot be had is the error of the notebook that asks for it.
  const missing = await setup({ need: ["python", ...SERVICES] });
  if (missing.some(({ need }) => need === "python")) return 1;

  const end = askedToEnd();
  await using run = await openRunFolder();
  const token = crypto.randomUUID().replaceAll("-", "");
  // Only now: a set-up can take minutes.
  const port = wanted ?? (isFree(8888) ? 8888 : freePort());
  const spec = await prepareLab({
    root: ROOT,
    runFolder: run.path,
    servicesFolder: await servicesRun(run.path),
    folder,
    port,
    token,
    openBrowser: !values["no-browser"],
  });
  print("JupyterLab starts");
  const name = await ask(run.path, { type: "process", kind: "jupyter", spec, port });
  print(`JupyterLab: http://127.0.0.1:${port}/lab?token=${token}`);
  print("Ctrl-C ends it, its kernels and its services.");
  using control = await openControl(run.path);
  const outcome = await Promise.race([
    end.then(() => "asked"),
    control.ask({ type: "ended", node: name }).then(() => "ended", () => "ended"),
  ]);
  if (outcome === "asked") print("JupyterLab ends");
  else print(`JupyterLab has ended. Its log:\n${await tailOf(join(run.path, name, "log"))}`);
  return outcome === "asked" ? 0 : 1;
}

async function tailOf(path: string): Promise<string> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.trimEnd().split("\n").slice(-15).join("\n");
}

if (import.meta.main) Deno.exit(await runCommand(() => lab(Deno.args)));
