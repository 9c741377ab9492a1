/**
 * `/design-check` for a chat: answers a slash command with a model card and the checklist of a session.
 *
 * The command's text is the number of a session; without one a card is drawn from the random stream,
 * so that equal seeds give equal answers. The answer is JSON that a chat shows to its sender only.
 *
 * Simplified: requests are not signed; a public endpoint checks the chat's signature first.
 *
 * @example
 * ```ts
 * import { designCheck } from "lib/systems/mental_models/design_check.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const handler = designCheck(stream(1, "design-check"));
 * const body = new URLSearchParams({ command: "/design-check", text: "03" });
 * const answer = await handler(new Request("http://localhost/", { method: "POST", body }));
 * assertEquals((await answer.json()).checklist.session, 3);
 * ```
 *
 * @module
 */
import { pick, type Random } from "../../sim/random.ts";
import { readCards, readChecklists } from "./cards.ts";

/** A handler for `Deno.serve`. */
export function designCheck(random: Random): (request: Request) => Promise<Response> {
  const cards = readCards().filter(({ archived }) => !archived);
  const checklists = readChecklists();
  return async (request) => {
    if (request.method !== "POST") return refuse(405, "it must be sent as POST");
    const type = request.headers.get("content-type") ?? "";
    if (!type.startsWith("application/x-www-form-urlencoded")) {
      return refuse(415, `it must be a form, as chats send it: received ${type || "no type"}`);
    }
    const form = new URLSearchParams(await request.text());
    const text = form.get("text")?.trim() ?? "";
    const wanted = checklists.find(({ session }) => session === Number(text));
    if (text !== "" && !wanted) {
      return refuse(400, `text must be a session from 1 to ${checklists.length}: received ${text}`);
    }
    const checklist = wanted ?? pick(random, checklists);
    const card = pick(random, cards.filter(({ id }) => checklist.models.includes(id)));
    return Response.json({ response_type: "ephemeral", text: checklist.question, card, checklist });
  };
}

function refuse(status: number, rule: string): Response {
  return Response.json({ error: `Cannot check design: ${rule}` }, { status });
}
