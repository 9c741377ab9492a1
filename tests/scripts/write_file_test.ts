import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { writeWhole } from "../../scripts/write_file.ts";

Deno.test("writeWhole() replaces a file and leaves no other", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "notebook.ipynb");
    await writeWhole(path, "old");
    await writeWhole(path, "new");
    assertEquals(await Deno.readTextFile(path), "new");
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["notebook.ipynb"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("writeWhole() leaves the old content and no temporary file when it cannot write", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // A folder that is not empty cannot be replaced by a file.
    const path = join(folder, "taken");
    await Deno.mkdir(join(path, "inside"), { recursive: true });
    await assertRejects(() => writeWhole(path, "new"));
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["taken"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
