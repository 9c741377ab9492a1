/**
 * Vega and Vega-Lite, loaded when the first chart is drawn.
 *
 * These are the browser bundles that JupyterLab and our reports run, so that a picture is laid out by
 * the very code that draws the interactive chart. Evaluating the two files takes half the time of
 * importing the packages, which are hundreds of modules, and text-only notebooks never pay it.
 *
 * @module
 */
import { textWidth } from "./font.ts";

/** The parts of Vega that we use. */
interface Vega {
  version: string;
  parse(spec: unknown): unknown;
  View: new (runtime: unknown, options: Record<string, unknown>) => {
    toSVG(): Promise<string>;
    finalize(): void;
  };
  textMetrics: { width(item: TextItem, text?: unknown): number };
  resetSVGDefIds(): void;
  parseExpression(code: string): unknown;
}

/** A text of Vega's scenegraph. */
interface TextItem {
  text?: unknown;
  fontSize?: number;
  fontWeight?: string | number;
}

interface Logger {
  level(value: number): Logger;
  warn(...messages: unknown[]): Logger;
  info(...messages: unknown[]): Logger;
  debug(...messages: unknown[]): Logger;
  error(...messages: unknown[]): Logger;
}

/** The parts of Vega-Lite that we use. */
interface VegaLite {
  version: string;
  compile(spec: unknown, options: { logger: Logger }): { spec: unknown };
}

let loaded: { vega: Vega; vegaLite: VegaLite } | undefined;

/** Returns both libraries, loading them at the first call. */
export function libraries(): { vega: Vega; vegaLite: VegaLite } {
  if (loaded === undefined) {
    const vega = evaluate("vega/build/vega.min.js") as unknown as Vega;
    const vegaLite = evaluate("vega-lite/build/vega-lite.min.js", { vega }) as unknown as VegaLite;
    vega.textMetrics.width = ({ text: own, fontSize = 11, fontWeight }, text = own) =>
      Math.max(
        0,
        ...[text ?? ""].flat().map((line) =>
          textWidth(String(line), fontSize, fontWeight === "bold" || Number(fontWeight) >= 600)
        ),
      );
    loaded = { vega, vegaLite };
  }
  return loaded;
}

/** Runs a CommonJS bundle of `node_modules` with these modules at hand. */
function evaluate(path: string, modules: Record<string, unknown> = {}): Record<string, unknown> {
  const code = Deno.readTextFileSync(new URL(`../../node_modules/${path}`, import.meta.url));
  const exports = {};
  new Function("exports", "module", "require", code)(
    exports,
    { exports },
    (name: string) => modules[name],
  );
  return exports;
}

/** A chart in Vega's own language, and what Vega-Lite had to say about it. */
export function compile(chart: unknown): { spec: unknown; warnings: string[] } {
  const warnings: string[] = [];
  const collect = (...messages: unknown[]) => {
    warnings.push(messages.join(" "));
    return logger;
  };
  const ignore = () => logger;
  const logger: Logger = {
    level: ignore,
    warn: collect,
    error: collect,
    info: ignore,
    debug: ignore,
  };
  return { spec: libraries().vegaLite.compile(chart, { logger }).spec, warnings };
}

/** Parses an expression of Vega's language; throws a SyntaxError where it is none. */
export function parseExpression(code: string): void {
  libraries().vega.parseExpression(code);
}
