/**
 * A Grafana dashboard as JSON that Grafana imports: Dashboards, New, Import.
 *
 * Panels are laid out two in a row, in the order given. The data source is left open (`__inputs`):
 * Grafana asks for it on import, so the file works in every installation. A limit, such as an SLO,
 * becomes a dashed line and turns what lies beyond it red.
 *
 * Simplified: time series and single values, one data source, no variables. That is what a session
 * needs; everything else can be added in Grafana.
 *
 * @example
 * ```ts
 * import { dashboard } from "lib/operate/dashboard.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { panels } = dashboard({
 *   uid: "presence",
 *   title: "Presence",
 *   panels: [{
 *     title: "Stale answers",
 *     unit: "percentunit",
 *     limit: 0.005,
 *     queries: [{ expr: "presence_stale_ratio", legend: "{{instance}}" }],
 *   }],
 * });
 * assertEquals(panels[0].gridPos, { h: 8, w: 12, x: 0, y: 0 });
 * ```
 *
 * Source: Grafana documentation, "Dashboard JSON model"; types of npm `@grafana/schema`.
 *
 * @module
 */
import { checkPromql } from "./promql.ts";

/** One query of a panel. */
export interface PanelQuery {
  /** PromQL. */
  expr: string;
  /** The name of a series, such as `p99 {{source}}`. */
  legend: string;
}

/** What a panel shows. */
export interface PanelOptions {
  title: string;
  description?: string;
  /** A unit of Grafana's, such as `s`, `percentunit`, `bytes`, `reqps`, `short`. */
  unit: string;
  queries: readonly PanelQuery[];
  /** A value that must not be passed. */
  limit?: number;
  kind?: "timeseries" | "stat";
}

/** A dashboard and its panels. */
export interface DashboardOptions {
  /** At most 40 letters, digits, `-` and `_`; the same uid replaces an earlier import. */
  uid: string;
  title: string;
  description?: string;
  tags?: readonly string[];
  panels: readonly PanelOptions[];
  /** How far back it looks, such as `1h`. */
  range?: string;
}

/** Grafana's number for the shape of this JSON; it migrates older ones itself. */
const SCHEMA_VERSION = 39;
const SOURCE = { type: "prometheus", uid: "${DS_PROMETHEUS}" };

/** The dashboard as an object; `JSON.stringify` makes the file. */
export function dashboard(options: DashboardOptions) {
  const { uid, title, description = "", tags = [], panels, range = "1h" } = options;
  if (!/^[a-zA-Z0-9_-]{1,40}$/.test(uid)) {
    throw new TypeError(
      `Cannot build dashboard: uid must be 1 to 40 letters, digits, - and _: received "${uid}"`,
    );
  }
  return {
    __inputs: [{
      name: "DS_PROMETHEUS",
      label: "Prometheus",
      description: "",
      type: "datasource",
      pluginId: "prometheus",
      pluginName: "Prometheus",
    }],
    __requires: [{ type: "datasource", id: "prometheus", name: "Prometheus", version: "1.0.0" }],
    id: null,
    uid,
    title,
    description,
    tags: [...tags],
    timezone: "utc",
    editable: true,
    graphTooltip: 1,
    refresh: "10s",
    time: { from: `now-${range}`, to: "now" },
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    templating: { list: [] },
    annotations: { list: [] },
    panels: panels.map(panel),
  };
}

function panel(options: PanelOptions, index: number) {
  const { title, description = "", unit, queries, limit, kind = "timeseries" } = options;
  if (queries.length === 0) {
    throw new TypeError(`Cannot build panel "${title}": it must have at least one query`);
  }
  return {
    id: index + 1,
    type: kind,
    title,
    description,
    gridPos: { h: 8, w: 12, x: 12 * (index % 2), y: 8 * Math.floor(index / 2) },
    datasource: SOURCE,
    targets: queries.map(({ expr, legend }, query) => {
      checkPromql(expr);
      const refId = String.fromCharCode(65 + query);
      return {
        refId,
        datasource: SOURCE,
        expr,
        legendFormat: legend,
        editorMode: "code",
        range: true,
      };
    }),
    fieldConfig: {
      defaults: {
        unit,
        color: { mode: kind === "stat" ? "thresholds" : "palette-classic" },
        thresholds: { mode: "absolute", steps: steps(limit) },
        custom: {
          drawStyle: "line",
          lineWidth: 2,
          fillOpacity: 0,
          showPoints: "never",
          thresholdsStyle: { mode: limit === undefined ? "off" : "dashed" },
        },
      },
      overrides: [],
    },
    options: kind === "stat"
      ? { reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false } }
      : {
        legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
        tooltip: { mode: "multi", sort: "desc" },
      },
  };
}

function steps(limit: number | undefined) {
  const fine = { color: "green", value: null };
  return limit === undefined ? [fine] : [fine, { color: "red", value: limit }];
}
