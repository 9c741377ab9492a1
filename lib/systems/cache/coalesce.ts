/**
 * Request coalescing as middleware: concurrent requests for one resource run the handler once.
 *
 * The first GET of a URL runs the handler; those that come while it runs get copies of its response. Nothing is
 * kept afterwards, so nothing can be stale: this is no cache, it only flattens bursts. A request that says who asks
 * (Authorization, Cookie) is never shared, and neither is any other method.
 *
 * Simplified: bodies are held in memory, and `Vary` is not read: `keyOf` must name all that the response hangs on.
 *
 * @example
 * ```ts
 * import { coalesce } from "lib/systems/cache/coalesce.ts";
 * import { assertEquals } from "@std/assert";
 *
 * let runs = 0;
 * const handler = coalesce(async () => {
 *   await new Promise((done) => setTimeout(done, 5));
 *   return new Response(`${++runs}`);
 * });
 * const ask = () => handler(new Request("http://localhost/price"));
 * const bodies = await Promise.all([ask(), ask(), ask()].map(async (answer) => (await answer).text()));
 * assertEquals(bodies, ["1", "1", "1"]);
 * ```
 *
 * @module
 */
import { SingleFlight } from "../../structures/single_flight.ts";

export type Handler = (request: Request) => Response | Promise<Response>;

export interface CoalesceOptions {
  /** What two requests must have in common to share a response. Default: the URL. */
  keyOf?: (request: Request) => string;
}

interface Kept {
  body: Uint8Array<ArrayBuffer> | null;
  init: ResponseInit;
}

/** Wraps a handler so that concurrent GETs of one key run it once. */
export function coalesce(handler: Handler, options: CoalesceOptions = {}): Handler {
  const keyOf = options.keyOf ?? ((request) => request.url);
  const flight = new SingleFlight<Kept>();
  return async (request) => {
    if (request.method !== "GET" || isPersonal(request)) return await handler(request);
    const { body, init } = await flight.run(
      keyOf(request),
      async () => keep(await handler(request)),
    );
    return new Response(body, init);
  };
}

function isPersonal({ headers }: Request): boolean {
  return headers.has("authorization") || headers.has("cookie");
}

async function keep(response: Response): Promise<Kept> {
  const { status, statusText, headers } = response;
  const body = response.body === null ? null : await response.bytes();
  return { body, init: { status, statusText, headers: [...headers] } };
}
