import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { findChromium, launch } from "../../scripts/browser.ts";

Deno.test("findChromium() takes the first browser on the search path", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [first, second] = [join(folder, "a"), join(folder, "b")];
    await Deno.mkdir(join(first, "chromium"), { recursive: true });
    await Deno.mkdir(second);
    const browser = join(second, "chromium");
    await Deno.writeTextFile(browser, "");
    const separator = Deno.build.os === "windows" ? ";" : ":";
    assertEquals(findChromium(["", first, second].join(separator)), browser);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("launch() without a browser says what to install", async () => {
  await assertRejects(
    () => launch(""),
    Error,
    "Chromium must be on the PATH: received none of",
  );
});
