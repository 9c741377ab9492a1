/**
 * Prometheus alert rules as a file that `promtool check rules` accepts.
 *
 * A rule fires when its expression has given a result for as long as `for` says. Everything that
 * Prometheus would refuse is refused here, with the rule's name: expressions, durations, names of
 * labels, and two rules that look the same.
 *
 * @example
 * ```ts
 * import { alertRules } from "lib/operate/alert_rules.ts";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const yaml = alertRules([{
 *   name: "presence",
 *   rules: [{
 *     alert: "PresenceStale",
 *     expr: "presence_stale_ratio > 0.005",
 *     for: "10m",
 *     labels: { severity: "page" },
 *     annotations: { summary: "More than 0.5 % of answers are stale" },
 *   }],
 * }]);
 * assertStringIncludes(yaml, "expr: presence_stale_ratio > 0.005");
 * ```
 *
 * Source: Prometheus documentation, "Alerting rules".
 *
 * @module
 */
import { stringify } from "yaml";
import { checkPromql } from "./promql.ts";

/** When to alert, and what to say. */
export interface AlertRule {
  alert: string;
  /** PromQL that gives a result while something is wrong. */
  expr: string;
  /** How long it must be wrong, such as `5m`; at once by default. */
  for?: string;
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
}

/** Rules that are evaluated together, one after the other. */
export interface RuleGroup {
  name: string;
  /** How often, such as `30s`; as the server says by default. */
  interval?: string;
  rules: readonly AlertRule[];
}

/** The rule file for these groups. Throws when Prometheus would not load it. */
export function alertRules(groups: readonly RuleGroup[]): string {
  const names = new Set<string>();
  for (const group of groups) {
    if (group.name === "" || names.has(group.name)) {
      throw new TypeError(
        `Cannot write alert rules: group name must be unique and not empty: received "${group.name}"`,
      );
    }
    names.add(group.name);
    if (group.interval !== undefined) checkDuration(group.interval, `group ${group.name}`);
    const seen = new Set<string>();
    for (const rule of group.rules) {
      checkRule(rule);
      const identity = JSON.stringify([rule.alert, sorted(rule.labels)]);
      if (seen.has(identity)) {
        throw new TypeError(
          `Cannot write alert ${rule.alert}: name and labels must be unique in group ${group.name}`,
        );
      }
      seen.add(identity);
    }
  }
  return stringify({ groups }, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Seconds of a Prometheus duration such as `1h30m` or `250ms`. */
export function durationSeconds(duration: string): number {
  const parts = duration.match(DURATION);
  if (!parts || duration === "") {
    throw new SyntaxError(
      `Cannot read duration: it must be like 30s, 5m or 1h30m: received ${
        JSON.stringify(duration)
      }`,
    );
  }
  return parts.slice(1).reduce(
    (seconds, part, i) => seconds + (part === undefined ? 0 : Number.parseInt(part) * UNITS[i]),
    0,
  );
}

const DURATION = /^(?:(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?|0)$/;
const UNITS = [365 * 86_400, 7 * 86_400, 86_400, 3600, 60, 1, 0.001];

function checkRule({ alert, expr, for: duration, labels = {}, annotations = {} }: AlertRule): void {
  if (alert.trim() === "") {
    throw new TypeError("Cannot write alert: its name must not be empty");
  }
  try {
    checkPromql(expr);
  } catch (error) {
    throw new SyntaxError(`Cannot write alert ${alert}: ${(error as Error).message}`);
  }
  if (duration !== undefined) checkDuration(duration, `alert ${alert}`);
  for (const name of [...Object.keys(labels), ...Object.keys(annotations)]) {
    if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && name !== "__name__") continue;
    throw new TypeError(
      `Cannot write alert ${alert}: label must be letters, digits and _: received "${name}"`,
    );
  }
}

function checkDuration(duration: string, of: string): void {
  try {
    durationSeconds(duration);
  } catch (error) {
    throw new SyntaxError(`Cannot write ${of}: ${(error as Error).message}`);
  }
}

function sorted(labels: AlertRule["labels"] = {}): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1);
}
