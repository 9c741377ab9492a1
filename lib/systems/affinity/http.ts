/**
 * The affinity service over HTTP: queries, feedback, explanations.
 *
 * | request | answer |
 * | --- | --- |
 * | `POST /affinity/query` `{ viewer, limit, seeds? }` | 200 `{ requestId, items, modelVersion, degraded, arm? }` |
 * | `POST /affinity/feedback` `{ eventId, viewerId, entityId, action, weight, atMs }` | 202 when the log has it, 503 when it has not |
 * | `GET /affinity/explain/ID` | 200, the answer as it was given |
 *
 * What cannot be understood gets 400 and the reason. A hide works here at once, before the log has it; 202 is sent only
 * once it is kept, so that a client which got 503 sends the same event id again, and nothing is counted twice.
 *
 * @example
 * ```ts
 * import { affinityHandler } from "lib/systems/affinity/http.ts";
 * import type { AffinityService } from "lib/systems/affinity/service.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const handle = affinityHandler({} as AffinityService);
 * assertEquals((await handle(new Request("http://host/affinity/nothing"))).status, 404);
 * ```
 *
 * @module
 */
import type { Feedback } from "./feedback.ts";
import { parseFeedback } from "./parse_feedback.ts";
import type { AffinityService } from "./service.ts";

export interface HandlerOptions {
  /** Keeps feedback, for example in a Kafka topic; resolves when it is kept. */
  keep?(event: Feedback): Promise<void>;
  /** No event may be later than this; any may without it. */
  now?(): number;
}

/** A handler for `Deno.serve`. */
export function affinityHandler(
  service: AffinityService,
  { keep, now = () => Infinity }: HandlerOptions = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    const [, , verb, id] = new URL(request.url).pathname.split("/");
    try {
      if (request.method === "POST" && verb === "query") {
        return Response.json(await service.query(await request.json()));
      }
      if (request.method === "POST" && verb === "feedback" && keep !== undefined) {
        const event = parseFeedback(await request.json(), { nowMs: now() });
        if (event.action === "hide") service.hide(event.viewerId, event.entityId);
        return await keep(event).then(
          () => Response.json({ eventId: event.eventId }, { status: 202 }),
          () => new Response("not kept, send it again", { status: 503 }),
        );
      }
      const asked = request.method === "GET" && verb === "explain";
      const answer = asked ? service.explain(id) : undefined;
      return answer ? Response.json(answer) : new Response("not found", { status: 404 });
    } catch (error) {
      return new Response((error as Error).message, { status: 400 });
    }
  };
}
