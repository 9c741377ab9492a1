import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { findBinaries } from "../../lib/services/binaries.ts";
import { withProjectCopy } from "./project_copy.ts";

const PATH = Deno.env.get("PATH")!;
const ignore = findBinaries("redis-server").length === 0 && Deno.env.get("CI") === undefined;

Deno.test({
  name: "services up, status, down: notebooks of editors and the lab use what is up",
  ignore,
  fn: () =>
    withProjectCopy(async ({ root, run }) => {
      let port = 0;
      const services = async (action: string) =>
        (await run("scripts/services.ts", [action], { PATH })).text.trimEnd().split("\n").at(-1)!;
      try {
        assertMatch(await services("status"), /^No services are up/);
        const up = await services("up");
        assertMatch(up, /^Redis \d+\.\d+\.\d+: REDIS_URL=redis:\/\/127\.0\.0\.1:\d+$/);
        assertEquals(await services("up"), up, "the second finds the first");
        assertMatch(await services("status"), /^redis-1 +running +pid \d+$/);

        const script = join(root, "notebook.ts");
        await Deno.writeTextFile(
          script,
          `import { redis } from "lib/services/redis.ts";
          await using cache = await redis();
          await Deno.stdout.write(new TextEncoder().encode(cache.url));`,
        );
        const { text } = await run(script, [], { PATH });
        assertEquals(text, up.match(/redis:\S+/)![0]);
        port = Number(text.split(":").at(-1));
      } finally {
        assertEquals(await services("down"), "Services are down.");
      }
      assertEquals(await services("down"), "No services were up.");
      const isUp = await Deno.connect({ port }).then(() => true, () => false);
      assertEquals(isUp, false);
    }),
});

Deno.test("services: an unknown action is wrong usage", () =>
  withProjectCopy(async ({ run }) => {
    const { code, text } = await run("scripts/services.ts", ["start"], { PATH });
    assertEquals(code, 2);
    assertMatch(text, /the action must be one of up, down, status: received start/);
  }));

Deno.test("doctor names what is missing, and how to get it", () =>
  withProjectCopy(async ({ run }) => {
    const { code, text } = await run("scripts/doctor.ts", [], { PATH: "/no/such/folder" });
    assertEquals(code, 1);
    assertMatch(text, /^ok +Deno +\d+\.\d+\.\d+$/m);
    assertMatch(text, /^ok +npm packages +\d+ packages$/m);
    assertMatch(text, /^missing +Python environment +no whole \.venv\/: deno task setup$/m);
    assertMatch(text, /^missing +Redis +Cannot start Redis: .*Three ways to get one/m);
  }));

Deno.test({
  name: "doctor starts and stops Redis once",
  ignore,
  fn: () =>
    withProjectCopy(async ({ root, run }) => {
      const { text } = await run("scripts/doctor.ts", [], { PATH });
      assertMatch(text, /^ok +Redis +Redis \d\S+, private, .*: a round trip after \d+/m);
      assertEquals([...Deno.readDirSync(join(root, ".workshop", "runs"))], []);
    }),
});
