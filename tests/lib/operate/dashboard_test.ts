import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { dashboard, type PanelOptions } from "lib/operate/dashboard.ts";
import { grafanaComplaints } from "./grafana_types.ts";

const quantile = (q: number) =>
  `histogram_quantile(${q}, sum by (le, source) (rate(presence_freshness_seconds_bucket[5m])))`;
/** Panels of session 01. */
const panels: PanelOptions[] = [
  {
    title: "Freshness by source",
    unit: "s",
    limit: 2,
    queries: [0.5, 0.95, 0.99].map((q) => ({
      expr: quantile(q),
      legend: `p${100 * q} {{source}}`,
    })),
  },
  {
    title: "Stale ratio",
    unit: "percentunit",
    limit: 0.005,
    kind: "stat",
    queries: [{ expr: "presence_stale_ratio", legend: "stale" }],
  },
  {
    title: "Backlog",
    unit: "short",
    queries: [{ expr: "presence_heartbeat_backlog", legend: "{{instance}}" }],
  },
];
const built = dashboard({ uid: "presence", title: "Presence", tags: ["workshop"], panels });

Deno.test("dashboard() is what the types of @grafana/schema accept", () => {
  const { __inputs, __requires, ...model } = built;
  const values = [
    { type: "dashboard.Dashboard", value: model },
    ...model.panels.filter(({ type }) => type === "timeseries").flatMap((panel) => [
      { type: "common.GraphFieldConfig", value: panel.fieldConfig.defaults.custom },
      { type: "common.VizLegendOptions", value: panel.options.legend },
      { type: "common.VizTooltipOptions", value: panel.options.tooltip },
    ]),
    ...model.panels.flatMap(({ targets }) =>
      targets.map(({ refId, datasource }) => ({
        type: "common.DataQuery",
        value: { refId, datasource },
      }))
    ),
  ];
  assertEquals(grafanaComplaints(values), []);
  assertEquals([__inputs[0].type, __requires[0].id], ["datasource", "prometheus"]);
});

Deno.test("grafanaComplaints() would tell", () => {
  const [panel] = built.panels;
  const mode = { ...panel.fieldConfig.defaults, thresholds: { mode: "relative", steps: [] } };
  const wrong = { ...panel, fieldConfig: { defaults: mode, overrides: [] } };
  const values = [
    { title: "no version" },
    { schemaVersion: 39, titel: "a typo" },
    { schemaVersion: 39, panels: [wrong] },
  ].map((value) => ({ type: "dashboard.Dashboard", value }));
  const complaints = grafanaComplaints(values);
  assertEquals(complaints.length, 3);
  ["schemaVersion", "titel", '"relative"'].forEach((what, i) => {
    assertStringIncludes(complaints[i], what);
  });
});

Deno.test("dashboard() lays panels out in two columns that do not overlap", () => {
  assertEquals(built.panels.map(({ gridPos: { x, y } }) => [x, y]), [[0, 0], [12, 0], [0, 8]]);
  assertEquals(built.panels.map(({ id }) => id), [1, 2, 3]);
});

Deno.test("dashboard() draws a limit as a dashed threshold", () => {
  const { thresholds, custom } = built.panels[0].fieldConfig.defaults;
  assertEquals(thresholds.steps, [{ color: "green", value: null }, { color: "red", value: 2 }]);
  assertEquals(custom.thresholdsStyle.mode, "dashed");
  assertEquals(built.panels[2].fieldConfig.defaults.custom.thresholdsStyle.mode, "off");
});

Deno.test("dashboard() refuses what Grafana would not show", () => {
  const build = (part: Partial<PanelOptions>, uid = "x") =>
    dashboard({ uid, title: "x", panels: [{ ...panels[1], ...part }] });
  assertThrows(
    () => build({}, "a b"),
    TypeError,
    'uid must be 1 to 40 letters, digits, - and _: received "a b"',
  );
  assertThrows(
    () => build({ queries: [] }),
    TypeError,
    'panel "Stale ratio": it must have at least one',
  );
  assertThrows(() => build({ queries: [{ expr: "rate(", legend: "" }] }), SyntaxError, "PromQL");
});
