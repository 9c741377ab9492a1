/**
 * A browser that starts when the first part of a report asks for it.
 *
 * A report whose diagrams are all drawn, and that needs no PDF, does without.
 *
 * @module
 */
import type { Browser } from "playwright-core";
import { findChromium, launch } from "../browser.ts";

/** Starts a browser when the first part asks for it, and at most once. */
export class LazyBrowser {
  #path: string | null | undefined;
  #started: Promise<Browser> | undefined;
  readonly #log: (line: string) => void;

  constructor(path: string | null | undefined, log: (line: string) => void) {
    this.#path = path === undefined ? findChromium() : path;
    this.#log = log;
  }

  /** The browser; `undefined` when there is none, or none that starts. */
  async get(): Promise<Browser | undefined> {
    if (!this.#path) return undefined;
    try {
      this.#started ??= launch(this.#path);
      return await this.#started;
    } catch (error) {
      this.#log(`The browser did not start: ${(error as Error).message.split("\n")[0]}`);
      this.#path = undefined;
      return undefined;
    }
  }

  async close(): Promise<void> {
    await (await this.#started?.catch(() => undefined))?.close();
  }
}
