/**
 * HAProxy in front of processes of ours, private to this notebook.
 *
 * Either it balances some servers (`servers`, `balance`, `check`, `tls`), or the notebook writes the sections itself
 * (`config`). HAProxy's own checker reads them before they are used. A reload replaces the worker: new connections go to
 * the new one, the old one serves its own to their end. The runtime API (`command`) drains and weighs servers.
 *
 * @example
 * ```ts
 * import { haproxy } from "./haproxy.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const serve = (name: string) =>
 *   Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response(name));
 * await using a = serve("a");
 * await using b = serve("b");
 * await using front = await haproxy({ servers: [a.addr, b.addr] });
 * const ask = async () => await (await fetch(front.url)).text();
 * assertEquals(new Set([await ask(), await ask()]), new Set(["a", "b"]));
 * ```
 *
 * Source: HAProxy configuration and management manuals.
 *
 * @module
 */
import type { FaultProxy } from "./fault_proxy.ts";
import type { Files } from "./folder_files.ts";
import {
  type FrontConfig,
  type FrontFormat,
  type FrontRequest,
  type FrontService,
  openFront,
} from "./front.ts";
import {
  type BalancerConfig,
  balancerConfig,
  balancerFiles,
  haproxyPrelude,
} from "./haproxy_config.ts";
import { exchange } from "./tcp_exchange.ts";

/** Servers to balance, or sections of a configuration; the prelude of `haproxy_config.ts` comes before them. */
export type HaproxyConfig = BalancerConfig | { config: FrontConfig; files?: Files };

export type HaproxyRequest = HaproxyConfig & Pick<FrontRequest, "ports" | "proxy">;

/** A line of HAProxy's statistics: a frontend, a backend, or a server. */
export interface HaproxyStatistics {
  proxy: string;
  /** "FRONTEND", "BACKEND", or the name of a server. */
  server: string;
  /** "UP", "DOWN", "DRAIN", "MAINT", "OPEN" and so on. */
  status: string;
  sessions: number;
  totalSessions: number;
  queued: number;
  /** All fields, by HAProxy's names. */
  fields: Readonly<Record<string, string>>;
}

/** Its address starts with https where it encrypts. */
export interface HaproxyService extends FrontService {
  /** Changes the configuration; resolves when new connections meet the new one. @throws {Error} with what HAProxy says */
  reload(config?: HaproxyConfig): Promise<void>;
  /** Runs a command of the runtime API, for example `set server servers/s1 state drain`. */
  command(text: string): Promise<string>;
  statistics(): Promise<HaproxyStatistics[]>;
  /** Waits until a server of a backend has a status such as "UP" or "DOWN". */
  waitFor(server: string, status: string, timeoutMs?: number): Promise<void>;
}

/** Parses what `show stat` answers. */
export function parseStatistics(csv: string): HaproxyStatistics[] {
  const [head, ...lines] = csv.trim().split("\n");
  const names = head.replace(/^# /, "").split(",");
  return lines.map((line) => {
    const values = line.split(",");
    const fields = Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""]));
    return {
      proxy: fields.pxname,
      server: fields.svname,
      // "UP 1/2" is one that is about to go down.
      status: fields.status.split(" ")[0],
      sessions: Number(fields.scur),
      totalSessions: Number(fields.stot),
      queued: Number(fields.qcur),
      fields,
    };
  });
}

const FORMAT: FrontFormat = {
  render: (text, statusPort, generation) =>
    `${haproxyPrelude(statusPort)}\nglobal\n  description generation-${generation}\n\n${text}`,
  isNew: async (statusPort, generation) =>
    (await exchange(statusPort, "show info\n")).includes(`generation-${generation}\n`),
};

function readConfig(request: HaproxyConfig): { config: FrontConfig; files: Files } {
  if ("config" in request) return { config: request.config, files: request.files ?? {} };
  if (request.servers.length === 0) {
    throw new RangeError("Cannot start haproxy: servers must be some: received none");
  }
  return { config: (port) => balancerConfig(request, port), files: balancerFiles(request) };
}

/**
 * Starts an HAProxy.
 *
 * @throws {Error} when there is none, with the ways to get one; when the configuration is wrong, with what HAProxy says
 */
export function haproxy(
  request: HaproxyRequest & { proxy: true },
): Promise<HaproxyService & { proxy: FaultProxy }>;
export function haproxy(request: HaproxyRequest): Promise<HaproxyService>;
export async function haproxy(request: HaproxyRequest): Promise<HaproxyService> {
  const { ports, proxy } = request;
  const front = await openFront("haproxy", { ...readConfig(request), ports, proxy }, FORMAT);
  const command = (text: string) => exchange(front.statusPort, `${text}\n`);
  const statistics = async () => parseStatistics(await command("show stat"));
  const isEncrypted = "tls" in request && request.tls !== undefined;
  return {
    ...front.service,
    url: isEncrypted ? front.service.url.replace("http:", "https:") : front.service.url,
    async reload(changed) {
      const { config, files }: Partial<ReturnType<typeof readConfig>> = changed === undefined
        ? {}
        : readConfig(changed);
      await front.reload(config, files);
    },
    command,
    statistics,
    async waitFor(server, status, timeoutMs = 30_000) {
      const endMs = performance.now() + timeoutMs;
      while (true) {
        const found = (await statistics()).find((each) => each.server === server)?.status;
        if (found === status) return;
        if (performance.now() > endMs) {
          throw new Error(
            `Cannot wait for ${server}: it must be ${status} within ${timeoutMs} ms: received ${found}`,
          );
        }
        await new Promise((done) => setTimeout(done, 20));
      }
    },
  };
}
