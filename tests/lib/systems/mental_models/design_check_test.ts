import { assert, assertEquals } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import { designCheck } from "lib/systems/mental_models/design_check.ts";

const ask = (text: string, seed = 1) =>
  designCheck(stream(seed, "check"))(
    new Request("http://localhost/", {
      method: "POST",
      body: new URLSearchParams({ command: "/design-check", text }),
    }),
  );

Deno.test("designCheck() answers with the session's checklist and one of its cards", async () => {
  const { checklist, card, text } = await (await ask(" 29 ")).json();
  assertEquals([checklist.session, card.id, text], [29, "back-pressure", checklist.question]);
});

Deno.test("designCheck() draws the same card from the same seed, and none that is archived", async () => {
  const once = await (await ask("")).text();
  assertEquals(await (await ask("")).text(), once);
  for (let seed = 0; seed < 50; seed++) {
    const { card, checklist } = await (await ask("", seed)).json();
    assert(!card.archived && checklist.models.includes(card.id));
  }
});

Deno.test("designCheck() refuses what is no slash command", async () => {
  assertEquals((await ask("43")).status, 400);
  assertEquals((await (await ask("<b>")).json()).error.includes("received <b>"), true);
  const handler = designCheck(stream(1));
  assertEquals((await handler(new Request("http://localhost/"))).status, 405);
  const json = new Request("http://localhost/", { method: "POST", body: "{}" });
  assertEquals((await handler(json)).status, 415);
});
