/**
 * Reads PromQL with Prometheus's own grammar, so that a typo fails here and not at the pager.
 *
 * `metricNames` says what an expression asks for, to be held against what a service exports.
 *
 * Simplified: syntax only. Whether a range vector stands where a scalar must is for `promtool` and the server to say.
 *
 * @example
 * ```ts
 * import { checkPromql, metricNames } from "lib/operate/promql.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * checkPromql('sum(rate(http_requests_total{code=~"5.."}[5m])) > 1');
 * assertThrows(() => checkPromql("sum(rate(x[5m]) > 1"), SyntaxError, "unexpected end");
 * assertEquals(metricNames("sum by (job) (rate(x[5m])) / y > 1"), ["x", "y"]);
 * ```
 *
 * Source: Prometheus's Lezer grammar, npm `@prometheus-io/lezer-promql`.
 *
 * @module
 */
import { parser } from "@prometheus-io/lezer-promql";

/** Throws a SyntaxError that points at the first place where the expression is no PromQL. */
export function checkPromql(expression: string): void {
  let wrongAt = expression.trim() === "" ? 0 : -1;
  parser.parse(expression).iterate({
    enter({ type, from }) {
      if (type.isError && wrongAt < 0) wrongAt = from;
    },
  });
  if (wrongAt < 0) return;
  const rest = expression.slice(wrongAt);
  const where = rest.trim() === "" ? "unexpected end" : `unexpected ${JSON.stringify(rest)}`;
  throw new SyntaxError(
    `Cannot read PromQL: ${where} at ${wrongAt}: received ${JSON.stringify(expression)}`,
  );
}

/** The metrics that an expression asks for, each once. @throws {SyntaxError} when it is no PromQL */
export function metricNames(expression: string): string[] {
  checkPromql(expression);
  const names = new Set<string>();
  parser.parse(expression).iterate({
    enter({ type, from, to }) {
      if (type.name === "Identifier") names.add(expression.slice(from, to));
    },
  });
  return [...names];
}
