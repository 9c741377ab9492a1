import { assertEquals, assertRejects } from "@std/assert";
import { fetchJars, type Jar } from "../../../scripts/setup/maven.ts";
import { withFolder } from "../../with_folder.ts";

const content = new TextEncoder().encode("a jar");

async function jar(artifactId: string): Promise<Jar> {
  const hash = await crypto.subtle.digest("SHA-256", content);
  return { groupId: "g", artifactId, version: "1", digest: new Uint8Array(hash).toHex() };
}

/** A repository that answers a jar's requests one after the other, the last answer for all further ones. */
async function withRepository(
  answers: (() => Response)[],
  body: (options: Parameters<typeof fetchJars>[2], asked: () => number) => Promise<void>,
): Promise<void> {
  let asked = 0;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => answers[Math.min(asked++, answers.length - 1)](),
  );
  const repository = `http://127.0.0.1:${server.addr.port}/`;
  const options = { repository, mvn: "/no/such/mvn", pausesMs: [0, 0, 0], print: () => {} };
  await body(options, () => asked);
}

const busy = () => new Response("later", { status: 503 });
const cut = () => new Response(content.subarray(0, 2));
const whole = () => new Response(content);

Deno.test("fetchJars() asks a repository again that fails, or sends half", () =>
  withFolder((folder) =>
    withRepository([busy, cut, whole], async (options, asked) => {
      await fetchJars([await jar("a")], folder, options);
      assertEquals(await Deno.readFile(`${folder}/a-1.jar`), content);
      assertEquals(asked(), 3);
    })
  ));

Deno.test("fetchJars() gives up, and waits for the first jar only", () =>
  withFolder((folder) =>
    withRepository([busy], async (options, asked) => {
      const jars = await Promise.all(Array.from({ length: 20 }, (_, i) => jar(`a${i}`)));
      await assertRejects(
        () => fetchJars(jars, folder, options),
        Error,
        "answers 503 Service Unavailable",
      );
      // Six at once, four times each at most, and once each of the others.
      assertEquals(asked() <= 6 * 4 + 14, true, `${asked()}`);
    })
  ));
