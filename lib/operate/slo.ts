/**
 * Service level objectives, their error budgets, and alerts on how fast the budget burns.
 *
 * An objective of 99.9 % over 30 days leaves a budget: 0.1 % of events may be bad. Burn rate 1
 * spends it in exactly 30 days; at 14.4 an hour takes 2 % of it. An alert looks at a long window,
 * so that it is worth waking for, and at one a twelfth as long, so that it ends soon after the
 * trouble does.
 *
 * | spends | in | burn rate over 30 days | short window | severity |
 * | --- | --- | --- | --- | --- |
 * | 2 % | 1 h | 14.4 | 5 m | page |
 * | 5 % | 6 h | 6 | 30 m | page |
 * | 10 % | 3 d | 1 | 6 h | ticket |
 *
 * @example
 * ```ts
 * import { burnRate, errorBudget } from "lib/operate/slo.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const slo = { name: "requests", objective: 0.999, windowDays: 30 };
 * assertAlmostEquals(burnRate(slo, 0.0144), 14.4);
 * assertAlmostEquals(errorBudget(slo, { events: 1_000_000, bad: 250 }).leftShare, 0.75);
 * ```
 *
 * Source: The Site Reliability Workbook, 2018, chapter 5, "Alerting on SLOs", table 5-8.
 *
 * @module
 */
import { type AlertRule, durationSeconds } from "./alert_rules.ts";

/** What is promised. */
export interface Slo {
  /** Names the alerts: letters, digits, `-`. */
  name: string;
  /** The share of events that must be good, above 0 and below 1. */
  objective: number;
  windowDays: number;
}

/** A long and a short window, and the burn rate in both that alerts. */
export interface BurnWindow {
  long: string;
  short: string;
  /** The share of the budget that the long window spends at the alerting rate. */
  budgetShare: number;
  severity: "page" | "ticket";
}

/** The windows that the workbook recommends. */
export const BURN_WINDOWS: readonly BurnWindow[] = [
  { long: "1h", short: "5m", budgetShare: 0.02, severity: "page" },
  { long: "6h", short: "30m", budgetShare: 0.05, severity: "page" },
  { long: "3d", short: "6h", budgetShare: 0.1, severity: "ticket" },
];

/** What may go wrong, what did, and what is left; below 0 when it is overspent. */
export function errorBudget(
  slo: Slo,
  { events, bad }: { events: number; bad: number },
): { allowed: number; left: number; leftShare: number } {
  const allowed = events * (1 - objectiveOf(slo));
  return { allowed, left: allowed - bad, leftShare: allowed === 0 ? 0 : 1 - bad / allowed };
}

/** Seconds of total outage that the budget of one window allows. */
export function outageSeconds(slo: Slo): number {
  return (1 - objectiveOf(slo)) * slo.windowDays * 86_400;
}

/** How many times faster than allowed the budget is spent, at this share of bad events. */
export function burnRate(slo: Slo, errorRatio: number): number {
  return errorRatio / (1 - objectiveOf(slo));
}

/** The burn rate at which a window alerts. */
export function alertingRate(slo: Slo, window: BurnWindow): number {
  return window.budgetShare * slo.windowDays * 86_400 / durationSeconds(window.long);
}

/** Seconds from the start of trouble with this share of bad events to the alert, or `Infinity`. */
export function detectionSeconds(slo: Slo, window: BurnWindow, errorRatio: number): number {
  const needed = alertingRate(slo, window) * (1 - objectiveOf(slo));
  return errorRatio > needed ? needed / errorRatio * durationSeconds(window.long) : Infinity;
}

/**
 * One alert a window. `errorRatio` is PromQL for the share of bad events in a window such as `1h`;
 * see {@link slowerThan}.
 */
export function burnRateAlerts(
  slo: Slo,
  errorRatio: (window: string) => string,
  windows: readonly BurnWindow[] = BURN_WINDOWS,
): AlertRule[] {
  const allowed = 1 - objectiveOf(slo);
  return windows.map((window) => {
    const { long, short, budgetShare, severity } = window;
    const limit = round(alertingRate(slo, window) * allowed);
    return {
      alert: `${camelCase(slo.name)}Burns${long}`,
      expr: `(${errorRatio(long)}) > ${limit} and (${errorRatio(short)}) > ${limit}`,
      labels: { severity, slo: slo.name },
      annotations: {
        summary: `${slo.name}: ${
          round(100 * budgetShare)
        } % of the error budget is gone in ${long}`,
      },
    };
  });
}

/** PromQL for the share of a histogram's observations above a bucket's bound, in a window. */
export function slowerThan(histogram: string, bound: number): (window: string) => string {
  return (window) =>
    `1 - sum(rate(${histogram}_bucket{le="${bound}"}[${window}])) / ` +
    `sum(rate(${histogram}_count[${window}]))`;
}

function objectiveOf({ name, objective }: Slo): number {
  if (objective > 0 && objective < 1) return objective;
  throw new RangeError(
    `Cannot use SLO ${name}: objective must be above 0 and below 1: received ${objective}`,
  );
}

function camelCase(name: string): string {
  return name.replace(/(^|[^a-zA-Z0-9]+)([a-zA-Z0-9])/g, (_, _gap, letter) => letter.toUpperCase());
}

function round(value: number): number {
  return Number(value.toPrecision(12));
}
