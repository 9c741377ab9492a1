import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { displayName, selectNotebooks, stem } from "../../scripts/select.ts";
import { UsageError } from "../../scripts/usage.ts";

/** A root with three notebooks of ours, and one elsewhere. */
async function withTree(test: (root: string, paths: Record<string, string>) => Promise<void>) {
  const root = await Deno.makeTempDir();
  const paths = {
    one: join(root, "notebooks/week-01/01-first.ipynb"),
    two: join(root, "notebooks/week-01/02-second.ipynb"),
    seven: join(root, "notebooks/week-02/07-seventh.ipynb"),
    other: join(root, "elsewhere/notes.ipynb"),
  };
  try {
    for (const path of Object.values(paths)) {
      await Deno.mkdir(join(path, ".."), { recursive: true });
      await Deno.writeTextFile(path, "{}");
    }
    await Deno.mkdir(join(root, "notebooks/week-01/.ipynb_checkpoints"));
    await Deno.writeTextFile(
      join(root, "notebooks/week-01/.ipynb_checkpoints/01-first-checkpoint.ipynb"),
      "{}",
    );
    await test(root, paths);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("selectNotebooks() takes numbers, weeks, names and paths", () =>
  withTree(async (root, { one, two, seven, other }) => {
    const select = (...selectors: string[]) =>
      selectNotebooks(selectors, { root, cwd: join(root, "elsewhere") });
    assertEquals(await select(), [one, two, seven]);
    assertEquals(await select("1"), [one]);
    assertEquals(await select("02"), [two]);
    assertEquals(await select("week-01"), [one, two]);
    assertEquals(await select("week2"), [seven]);
    assertEquals(await select("07-seventh"), [seven]);
    assertEquals(await select("notes.ipynb"), [other]);
    assertEquals(await select("notebooks/week-02/07-seventh.ipynb"), [seven]);
  }));

Deno.test("selectNotebooks() keeps the order given and names each once", () =>
  withTree(async (root, { one, two, seven }) => {
    const selected = await selectNotebooks(["07", "week-01", "1"], { root, cwd: root });
    assertEquals(selected, [seven, one, two]);
  }));

Deno.test("selectNotebooks() says what exists when nothing matches", () =>
  withTree(async (root) => {
    const select = (selector: string) => selectNotebooks([selector], { root, cwd: root });
    await assertRejects(() => select("43"), UsageError, "There are 01 02 07 and week-01 week-02");
    await assertRejects(() => select("wek-01"), UsageError, "The nearest: week-01");
    await assertRejects(
      () => select("elsewhere/note.ipynb"),
      UsageError,
      "received elsewhere/note.ipynb. The nearest in that folder: notes.ipynb",
    );
    await assertRejects(() => select("no/such.ipynb"), UsageError, "must name a file");
    await assertRejects(() => select("notebooks"), UsageError, "received notebooks");
  }));

Deno.test("selectNotebooks() without any notebook says so", async () => {
  const root = await Deno.makeTempDir();
  try {
    await assertRejects(
      () => selectNotebooks([], { root, cwd: root }),
      UsageError,
      "There is no notebook in notebooks/",
    );
  } finally {
    await Deno.remove(root);
  }
});

Deno.test("displayName() is relative below the root, absolute elsewhere", () => {
  assertEquals(displayName("/a/notebooks/x.ipynb", "/a"), "notebooks/x.ipynb");
  assertEquals(displayName("/b/x.ipynb", "/a"), "/b/x.ipynb");
  assertEquals(stem("/a/notebooks/01-x.ipynb"), "01-x");
});
