/**
 * nginx in front of processes of ours, or as an edge cache, private to this notebook.
 *
 * The notebook writes what stands in the `http` block. nginx's own checker reads it before it is used. A reload starts new
 * workers: new connections go to them, the old ones serve theirs to their end.
 *
 * @example
 * ```ts
 * import { nginx } from "./nginx.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using edge = await nginx({
 *   config: (port) => `server { listen 127.0.0.1:${port}; location / { return 200 "hello"; } }`,
 * });
 * assertEquals(await (await fetch(edge.url)).text(), "hello");
 * ```
 *
 * Source: nginx documentation.
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
import { exchange } from "./tcp_exchange.ts";

export interface NginxRequest extends FrontRequest {
  /** Default: 1. */
  workers?: number;
}

/** What nginx counts. */
export interface NginxStatus {
  /** Connections that are open, this one included. */
  active: number;
  accepted: number;
  handled: number;
  requests: number;
}

export interface NginxService extends FrontService {
  /** Changes the configuration; resolves when new connections meet the new one. @throws {Error} with what nginx says */
  reload(config?: FrontConfig, files?: Files): Promise<void>;
  status(): Promise<NginxStatus>;
}

/** The whole configuration; what it writes stays in its folder. */
function render(text: string, statusPort: number, generation: string, workers: number): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${name}_temp;\n`).join("");
  return `daemon off;
pid nginx.pid;
error_log stderr warn;
worker_processes ${workers};
events { worker_connections 1024; }
http {
  access_log off;
${temporary}  server {
    listen 127.0.0.1:${statusPort};
    location = /generation { return 200 "generation-${generation}\\n"; }
    location = /status { stub_status; }
  }
${text}
}
`;
}

/** Parses what nginx's module stub_status answers. */
export function parseStatus(text: string): NginxStatus {
  const numbers = text.match(/\d+/g)!.map(Number);
  const [active, accepted, handled, requests] = numbers;
  return { active, accepted, handled, requests };
}

/**
 * Starts an nginx.
 *
 * @throws {Error} when there is none, with the ways to get one; when the configuration is wrong, with what nginx says
 */
export function nginx(
  request: NginxRequest & { proxy: true },
): Promise<NginxService & { proxy: FaultProxy }>;
export function nginx(request: NginxRequest): Promise<NginxService>;
export async function nginx(request: NginxRequest): Promise<NginxService> {
  const { workers = 1 } = request;
  if (!(Number.isInteger(workers) && workers >= 1 && workers <= 64)) {
    throw new RangeError(`Cannot start nginx: workers must be 1 to 64: received ${workers}`);
  }
  const format: FrontFormat = {
    render: (text, statusPort, generation) => render(text, statusPort, generation, workers),
    isNew: async (statusPort, generation) =>
      (await exchange(statusPort, "GET /generation HTTP/1.0\r\n\r\n"))
        .endsWith(`generation-${generation}\n`),
  };
  const front = await openFront("nginx", request, format);
  return {
    ...front.service,
    reload: (config, files) => front.reload(config, files),
    async status() {
      const answer = await exchange(front.statusPort, "GET /status HTTP/1.0\r\n\r\n");
      return parseStatus(answer.slice(answer.indexOf("\r\n\r\n")));
    },
  };
}
