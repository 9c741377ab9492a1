import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { findChromium } from "../../scripts/browser.ts";
import { isHere, SERVICES } from "../../scripts/setup/services.ts";
import { withProjectCopy } from "./project_copy.ts";

const PATH = Deno.env.get("PATH")!;
const isAllHere = SERVICES.every(isHere) && findChromium() !== undefined;
const ignore = !isAllHere && Deno.env.get("CI") === undefined;

/** Every file and folder below, with its size and when it was written; empty folders of runs may come and go. */
async function listTree(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await listTree(path));
    else {
      const { size, mtime } = await Deno.lstat(path);
      found.push(`${path} ${size} ${mtime?.getTime()}`);
    }
  }
  return found.sort();
}

Deno.test({
  name: "doctor is all green after the set-up, one round trip a service, and changes nothing",
  ignore,
  fn: () =>
    withProjectCopy(async ({ root, run }) => {
      const before = await listTree(root);
      const { code, text } = await run("scripts/doctor.ts", [], { PATH });
      assertEquals([code, text.match(/^missing.*$/gm)], [0, null], text);
      assertMatch(text, /^ok +Python environment +JupyterLab \d\S+, Python \d\S+$/m);
      assertMatch(
        text,
        /^ok +Redis +Redis \d\S+, private, redis-server from .*: a round trip in \d/m,
      );
      assertMatch(
        text,
        /^ok +Kafka +Kafka \d\S+, private, .*, on Java \d\S+ \(\w+\): a round trip/m,
      );
      assertMatch(text, /^ok +PostgreSQL +PostgreSQL \d\S+, private, .*: a round trip in \d/m);
      for (const name of ["pgbouncer", "etcd", "haproxy", "nginx"]) {
        assertMatch(text, new RegExp(`^ok .* ${name} \\d\\S+, private, .*: a round trip`, "mi"));
      }
      assertMatch(
        text,
        /^ok +promtool +promtool \d\S+ \(\w+\), checks alert rules: a round trip in \d/m,
      );
      assertMatch(text, /^All is here, and works\.$/m);
      assertEquals(await listTree(root), before);
    }, { hasServices: true }),
});

Deno.test("doctor names what is missing, and how to get it", () =>
  withProjectCopy(async ({ run }) => {
    const { code, text } = await run("scripts/doctor.ts", [], { PATH: "/no/such/folder" });
    assertEquals(code, 1);
    assertMatch(text, /^ok +Deno +\d+\.\d+\.\d+$/m);
    assertMatch(text, /^ok +npm packages +\d+ packages$/m);
    assertMatch(text, /^missing +Python environment +no whole \.venv\/: deno task setup$/m);
    assertMatch(
      text,
      /^missing +Redis +Cannot start Redis: .*\n +Three ways to get one:\n +\(1\) set/m,
    );
    assertMatch(
      text,
      /^missing +Kafka +Cannot start Kafka: .*\n +Three ways to get one:\n +\(1\) set/m,
    );
    assertMatch(
      text,
      /^\d+ missing: what each line says brings it, and deno task setup brings most\.$/m,
    );
  }));

Deno.test("doctor asks the servers of yours, and says when they do not answer", () =>
  withProjectCopy(async ({ run }) => {
    // Where nobody listens, and where the system puts nobody who asks for any port.
    const port = 1;
    const { code, text } = await run("scripts/doctor.ts", [], {
      PATH: "/no/such/folder",
      REDIS_URL: `redis://me:s3cret@127.0.0.1:${port}`,
      KAFKA_BROKERS: `127.0.0.1:${port}`,
      DATABASE_URL: `postgres://me:s3cret@127.0.0.1:${port}/db`,
    });
    assertEquals([code, text.includes("s3cret")], [1, false]);
    for (const name of ["REDIS_URL", "KAFKA_BROKERS", "DATABASE_URL"]) {
      assertMatch(text, new RegExp(`^missing .*: ${name} must be the address.*REFUSED`, "mi"));
    }
  }));
