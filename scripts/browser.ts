/**
 * The Chromium of this machine: found, and started headless for pictures, PDF files and tests.
 *
 * Nothing is downloaded: `playwright-core` drives the browser that is installed. A machine without one
 * still gets its reports, without what only a browser can make.
 *
 * @module
 */
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** For what the browser will do: on a loaded machine half a minute, Playwright's own limit, can be short. */
export const PATIENCE_MS = 120_000;

const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "microsoft-edge",
  "chrome.exe",
  "msedge.exe",
];

/** Where installers put browsers without touching the PATH. */
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The path of a Chromium, Chrome or Edge on this machine; `path` is the search path. */
export function findChromium(path: string = Deno.env.get("PATH") ?? ""): string | undefined {
  const folders = path.split(Deno.build.os === "windows" ? ";" : ":").filter((name) => name !== "");
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, ...PLACES].find(isFile);
}

/**
 * Starts a headless browser that calls nobody; the caller closes it.
 *
 * @throws {Error} when there is none on this machine
 */
export async function launch(executablePath = findChromium() ?? ""): Promise<Browser> {
  if (executablePath === "") {
    throw new Error(
      "Cannot start a browser: Chromium must be on the PATH: received none of " +
        `${
          NAMES.slice(0, 5).join(", ")
        }. Install it ("apt-get install chromium" on Debian and Ubuntu)`,
    );
  }
  return await chromium.launch({
    executablePath,
    timeout: PATIENCE_MS,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
