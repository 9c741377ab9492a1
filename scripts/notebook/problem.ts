/**
 * What a check finds wrong, told in terms of notebook, cell and line.
 *
 * @module
 */
import { relative } from "node:path";

/** Something that the type checker, the linter or the formatter finds wrong. */
export interface Problem {
  /** The notebook, or the module that it imports. */
  path: string;
  /** Both count from 1; a module has no cells. */
  cell?: number;
  line?: number;
  sourceLine?: string;
  /** Such as `TS2322` or `no-unused-vars`. */
  code: string;
  message: string;
}

/** `01-x.ipynb cell 7 line 3: message`, and the line of source below it. */
export function describeProblem({ path, cell, line, sourceLine, message }: Problem): string {
  const place = (cell ? ` cell ${cell}` : "") + (line ? ` line ${line}` : "");
  return `${relative(Deno.cwd(), path)}${place}: ${message}` +
    (sourceLine ? `\n    ${sourceLine}` : "");
}
