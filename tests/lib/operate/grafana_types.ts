/**
 * Type-checks JSON against the types of Grafana's own schema package.
 *
 * The package declares string enums, which a literal of JSON never matches, so they are read as
 * unions of their values; everything else is as Grafana's code has it, unknown fields included.
 */
import ts from "typescript";

const FOLDER = new URL("../../../node_modules/@grafana/schema/dist/types/", import.meta.url);

/** What the TypeScript compiler has against the values of these types; empty when nothing. */
export function grafanaComplaints(values: { type: string; value: unknown }[]): string[] {
  const types = ["raw/dashboard/x/types.gen.d.ts", "common/common.gen.d.ts"]
    .map((path) => enumsAsUnions(Deno.readTextFileSync(new URL(path, FOLDER))));
  const sources = new Map(Object.entries({
    "/dashboard.ts": types[0],
    "/common.ts": types[1],
    "/check.ts": [
      'import type * as dashboard from "./dashboard.ts";',
      'import type * as common from "./common.ts";',
      ...values.map(({ type, value }, i) => `const value${i}: ${type} = ${JSON.stringify(value)};`),
    ].join("\n"),
  }));
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2015,
    lib: ["lib.es2015.d.ts"], // without the DOM, which takes seconds
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.getSourceFile = (name, target, ...rest) => {
    const text = sources.get(name);
    return text === undefined
      ? getSourceFile.call(host, name, target, ...rest)
      : ts.createSourceFile(name, text, target);
  };
  const program = ts.createProgram(["/check.ts"], options, host);
  return ts.getPreEmitDiagnostics(program)
    .filter(({ file }) => file === undefined || file.fileName === "/check.ts")
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

function enumsAsUnions(source: string): string {
  return source.replace(
    /export declare enum (\w+) \{([^}]*)\}/g,
    (_, name, body) => {
      const members = body.replace(/\/\*[\s\S]*?\*\//g, "").matchAll(/=\s*("[^"]*"|-?\d+)/g);
      return `export type ${name} = ${[...members].map(([, value]) => value).join(" | ")};`;
    },
  );
}
