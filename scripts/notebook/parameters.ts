/**
 * Puts a reader's values into a notebook, as a cell that records them.
 *
 * A notebook of ours declares assumptions by `assume({…})`: a cell before it hands the values to
 * `override()`, and `assume()` checks names, units and ranges when it runs. Any other Deno notebook
 * declares parameters as papermill has them: `const name = literal;` in the cell tagged `parameters`. A
 * cell after it declares the changed names again, with the same keyword, because the kernel allows
 * nothing else. A cell that an earlier run injected is replaced.
 *
 * @example
 * ```ts
 * import { inject } from "./parameters.ts";
 * import { newCodeCell, newNotebook } from "./nbformat.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const notebook = newNotebook();
 * notebook.cells = [newCodeCell("values", "const rate: number = 10;", ["parameters"])];
 * const changed = await inject(notebook, { rate: "25" }, "load.ipynb");
 * assertEquals(changed.cells[1].source, "const rate: number = 25;");
 * ```
 *
 * @see https://papermill.readthedocs.io/en/latest/usage-parameterize.html
 * @module
 */
import type ts from "typescript";
import { nearest } from "../../lib/estimate/nearest.ts";
import { UsageError } from "../usage.ts";
import { type CodeCell, hasTag, newCodeCell, type Notebook } from "./notebook.ts";

const INJECTED = "injected-parameters";

/**
 * A copy of the notebook with the values in it; without any, the copy is the same as the notebook.
 *
 * @throws {UsageError} that lists every unknown name and every value of the wrong type, and when
 * the notebook declares no parameters
 */
export async function inject(
  notebook: Notebook,
  overrides: Record<string, string>,
  name: string,
): Promise<Notebook> {
  const copy = structuredClone(notebook);
  if (Object.keys(overrides).length === 0) return copy;
  copy.cells = copy.cells.filter((cell) => !hasTag(cell, INJECTED));
  const index = findParameters(copy);
  if (index < 0) {
    throw new UsageError(
      `Cannot set ${Object.keys(overrides).join(", ")} in ${name}: the notebook must have a cell ` +
        `tagged "parameters" with lines like \`const rate = 10;\`: received none`,
    );
  }
  const cell = copy.cells[index] as CodeCell;
  if (callsAssume(cell)) {
    copy.cells.splice(index, 0, injectedCell(copy, overrideSource(overrides)));
  } else {
    const source = await redeclare(cell, overrides, name);
    copy.cells.splice(index + 1, 0, injectedCell(copy, source));
  }
  return copy;
}

/** The index of the cell that declares the parameters, or -1. */
export function findParameters(notebook: Notebook): number {
  const { cells } = notebook;
  const tagged = cells.findIndex((cell) => isCode(cell) && hasTag(cell, "parameters"));
  return tagged >= 0 ? tagged : cells.findIndex((cell) => isCode(cell) && callsAssume(cell));
}

function isCode(cell: { cell_type: string }): boolean {
  return cell.cell_type === "code";
}

function callsAssume(cell: { source: string }): boolean {
  return /\bassume\s*\(/.test(cell.source);
}

function injectedCell(notebook: Notebook, source: string): CodeCell {
  const ids = new Set(notebook.cells.map((cell) => cell.id));
  let id = INJECTED;
  while (ids.has(id)) id += "-again";
  return newCodeCell(id, source, [INJECTED]);
}

function overrideSource(overrides: Record<string, string>): string {
  const entries = Object.entries(overrides).map(([name, value]) =>
    `  ${/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? name : JSON.stringify(name)}: ` +
    `${JSON.stringify(value)},`
  );
  return [
    `import { override } from "lib/assume/mod.ts";`,
    "",
    "override({",
    ...entries,
    "});",
  ].join("\n");
}

/** A parameter: how it is declared, and what values it takes. */
interface Parameter {
  keyword: "const" | "let" | "var";
  /** With its colon, or empty. */
  annotation: string;
  kind: "number" | "bigint" | "string" | "boolean" | "JSON";
  /** The texts that a union of string literals allows. */
  options?: string[];
}

async function redeclare(
  cell: CodeCell,
  overrides: Record<string, string>,
  name: string,
): Promise<string> {
  const parameters = declaredParameters((await import("typescript")).default, cell.source);
  const problems: string[] = [];
  const lines = Object.entries(overrides).map(([key, text]) => {
    const parameter = parameters.get(key);
    if (!parameter) {
      const names = [...parameters.keys()];
      const near = nearest(key, names);
      problems.push(
        `Cannot set ${key} in ${name}: it must be a parameter of the notebook` +
          (near.length > 0 ? `; did you mean ${near.join(" or ")}?` : `: ${names.join(", ")}`),
      );
      return "";
    }
    const literal = toLiteral(parameter, text);
    if (literal === undefined) {
      const rule = parameter.options?.map((option) => `"${option}"`).join(" or ") ?? {
        number: "a number",
        bigint: "a whole number",
        string: "text",
        boolean: "true or false",
        JSON: "JSON",
      }[parameter.kind];
      problems.push(`Cannot set ${key} in ${name}: it must be ${rule}: received "${text}"`);
    }
    return `${parameter.keyword} ${key}${parameter.annotation} = ${literal};`;
  });
  if (problems.length > 0) throw new UsageError(problems.join("\n"));
  return lines.join("\n");
}

/** The names that a cell declares with a literal; others are computed, and follow. */
function declaredParameters(TS: typeof ts, source: string): Map<string, Parameter> {
  const file = TS.createSourceFile("parameters.ts", source, TS.ScriptTarget.Latest);
  const parameters = new Map<string, Parameter>();
  for (const statement of file.statements) {
    if (!TS.isVariableStatement(statement)) continue;
    const { flags, declarations } = statement.declarationList;
    const keyword = flags & TS.NodeFlags.Const ? "const" : flags & TS.NodeFlags.Let ? "let" : "var";
    for (const { name, type, initializer } of declarations) {
      const kind = initializer && literalKind(TS, initializer);
      if (!kind || !TS.isIdentifier(name)) continue;
      const annotation = type ? `: ${type.getText(file)}` : "";
      const options = type && TS.isUnionTypeNode(type)
        ? type.types.flatMap((member) =>
          TS.isLiteralTypeNode(member) && TS.isStringLiteral(member.literal)
            ? [member.literal.text]
            : []
        )
        : [];
      parameters.set(name.text, {
        keyword,
        annotation,
        kind,
        ...(kind === "string" && options.length > 0 ? { options } : {}),
      });
    }
  }
  return parameters;
}

function literalKind(TS: typeof ts, node: ts.Expression): Parameter["kind"] | undefined {
  if (TS.isPrefixUnaryExpression(node)) return literalKind(TS, node.operand);
  if (TS.isAsExpression(node) || TS.isSatisfiesExpression(node)) {
    return literalKind(TS, node.expression);
  }
  if (TS.isNumericLiteral(node)) return "number";
  if (TS.isBigIntLiteral(node)) return "bigint";
  if (TS.isStringLiteralLike(node)) return "string";
  if (node.kind === TS.SyntaxKind.TrueKeyword || node.kind === TS.SyntaxKind.FalseKeyword) {
    return "boolean";
  }
  if (node.kind === TS.SyntaxKind.NullKeyword) return "JSON";
  if (TS.isArrayLiteralExpression(node) || TS.isObjectLiteralExpression(node)) return "JSON";
  return undefined;
}

/** The value as source text, or `undefined` when it is not of the parameter's kind. */
function toLiteral({ kind, options }: Parameter, text: string): string | undefined {
  switch (kind) {
    case "number": {
      const value = Number(text.replaceAll("_", ""));
      return text.trim() !== "" && Number.isFinite(value) ? String(value) : undefined;
    }
    case "bigint":
      return /^-?\d+n?$/.test(text) ? `${text.replace("n", "")}n` : undefined;
    case "string":
      return options && !options.includes(text) ? undefined : JSON.stringify(text);
    case "boolean":
      return text === "true" || text === "false" ? text : undefined;
    case "JSON":
      try {
        return JSON.stringify(JSON.parse(text));
      } catch {
        return undefined;
      }
  }
}
