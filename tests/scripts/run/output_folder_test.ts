import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { prepareFolder, safeName, uniqueStems } from "../../../scripts/run/output_folder.ts";
import { UsageError } from "../../../scripts/usage.ts";

Deno.test("prepareFolder() makes the folder and leaves nothing in it", async () => {
  const root = await Deno.makeTempDir();
  try {
    const folder = join(root, "a", "b");
    await prepareFolder(folder);
    await prepareFolder(folder);
    assertEquals([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("prepareFolder() refuses a folder below a file, and names it", async () => {
  const file = await Deno.makeTempFile();
  try {
    await assertRejects(
      () => prepareFolder(join(file, "out")),
      UsageError,
      `received ${join(file, "out")}`,
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("safeName() cannot lead out of its folder", () => {
  assertEquals(safeName("alerts.yaml"), "alerts.yaml");
  assertEquals(safeName("../../etc/passwd"), "-..-etc-passwd");
  assertEquals(safeName(".."), "unnamed");
  assertEquals(safeName("rate=1/s"), "rate=1-s");
  assertEquals(safeName("  "), "unnamed");
});

Deno.test("uniqueStems() numbers what repeats", () => {
  assertEquals(uniqueStems(["a", "b", "a", "a"]), ["a", "b", "a-2", "a-3"]);
  assertEquals(uniqueStems(["a", "a", "a-2"]), ["a", "a-2", "a-2-2"]);
});
