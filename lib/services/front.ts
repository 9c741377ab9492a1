/**
 * What HAProxy and nginx have in common for a notebook: ports, files, a configuration that is checked and replaced.
 *
 * @module
 */
import { acquire, type ServiceNode } from "./acquire.ts";
import { FaultProxy } from "./fault_proxy.ts";
import type { Files } from "./folder_files.ts";
import { type FrontProgram, FRONTS } from "./front_server.ts";
import { freePort, startOnFreePorts } from "./host.ts";
import { originOf } from "./system_programs.ts";

/** Writes a configuration for a free port, and for further ones by their names. */
export type FrontConfig = (port: number, ports: Readonly<Record<string, number>>) => string;

export interface FrontRequest {
  config: FrontConfig;
  /** Names of further free ports. */
  ports?: readonly string[];
  /** Files that the configuration names, without a path: certificates with their keys, pages. */
  files?: Files;
  /** Put a fault proxy between the clients and the port. */
  proxy?: boolean;
}

/** What a notebook has of a server in front. */
export interface FrontService extends AsyncDisposable {
  /** Of the main port; behind the proxy where there is one. */
  readonly url: string;
  readonly port: number;
  /** Further ports by their names. */
  readonly ports: Readonly<Record<string, number>>;
  readonly version: string;
  readonly from: "PATH" | "system";
  /** For the reader: version and origin. */
  readonly description: string;
  readonly node: ServiceNode;
  readonly proxy?: FaultProxy;
  /** Ends the server. */
  close(): Promise<void>;
}

/** How a server is asked which configuration it has. */
export interface FrontFormat {
  /** The whole configuration. `generation` tells this one from those before. */
  render(text: string, statusPort: number, generation: string): string;
  /** Whether a new connection reaches the new configuration. */
  isNew(statusPort: number, generation: string): Promise<boolean>;
}

export interface Front {
  service: FrontService;
  statusPort: number;
  /** Replaces configuration and files; resolves when new connections reach the new ones. */
  reload(config?: FrontConfig, files?: Files): Promise<void>;
}

/** Connections in a row that must reach the new configuration: the former may still take some for a moment. */
const NEW_CONNECTIONS = 5;
const RELOAD_TIMEOUT_MS = 30_000;
/** When a server is told once more: one that has not finished the reload before may not hear of this one. */
const TELL_AGAIN_MS = 3000;

/** Starts a server with a configuration; `pickPort` is an argument so that a test can hand out a port that is taken. */
export async function openFront(
  program: FrontProgram,
  request: FrontRequest,
  format: FrontFormat,
  pickPort: () => number = freePort,
): Promise<Front> {
  let { config, files = {} } = request;
  let port = 0;
  let statusPort = 0;
  let ports: Record<string, number> = {};
  let generation = 0;
  const allFiles = () => ({
    ...files,
    [FRONTS[program].config]: format.render(config(port, ports), statusPort, String(generation)),
  });
  const acquired = await startOnFreePorts(() => {
    [port, statusPort] = [pickPort(), pickPort()];
    ports = Object.fromEntries((request.ports ?? []).map((name) => [name, pickPort()]));
    return acquire(program, { files: allFiles(), port, statusPort }, true);
  });
  const [node] = acquired.nodes;
  let proxy: FaultProxy | undefined;
  try {
    if (request.proxy) proxy = await FaultProxy.start({ hostname: "127.0.0.1", port });
  } catch (error) {
    await acquired.release();
    throw error;
  }
  let closing: Promise<void> | undefined;
  const close = () =>
    closing ??= (async () => {
      await proxy?.close();
      await acquired.release();
    })();
  const { version, from } = acquired.started;
  const service: FrontService = {
    url: `http://127.0.0.1:${proxy?.port ?? port}`,
    port,
    ports,
    version,
    from: from as FrontService["from"],
    description: `${FRONTS[program].title} ${version}, ${originOf(program, from)}`,
    node,
    proxy,
    close,
    [Symbol.asyncDispose]: close,
  };
  return {
    service,
    statusPort,
    async reload(newConfig = config, newFiles = files) {
      const before = { config, files };
      [config, files] = [newConfig, newFiles];
      generation++;
      try {
        await node.write(allFiles());
      } catch (error) {
        ({ config, files } = before);
        throw error;
      }
      await node.reload();
      let toldMs = performance.now();
      const endMs = toldMs + RELOAD_TIMEOUT_MS;
      for (let reached = 0; reached < NEW_CONNECTIONS;) {
        const isNew = await format.isNew(statusPort, String(generation)).catch(() => false);
        reached = isNew ? reached + 1 : 0;
        if (isNew) continue;
        if (performance.now() > endMs) {
          throw new Error(
            `Cannot reload ${node.name}: its new configuration must hold within 30 s: received this in its log:\n` +
              (await node.log()).trimEnd().split("\n").slice(-5).join("\n"),
          );
        }
        if (performance.now() > toldMs + TELL_AGAIN_MS) {
          await node.reload();
          toldMs = performance.now();
        }
        await new Promise((done) => setTimeout(done, 20));
      }
    },
  };
}
