/**
 * Everything that reaches the reader's eyes: charts, tables, diagrams, text, progress, key results.
 *
 * A chart is one call: rows, channels, and the finding as its title. A builder without a title makes
 * a part, and `layer` puts parts onto common axes. All that shows something is awaited, last in its
 * cell.
 *
 * @example
 * ```ts
 * import { line, show } from "lib/show/mod.ts";
 *
 * const rows = [{ load: 50, p99: 21 }, { load: 80, p99: 40 }, { load: 95, p99: 160 }];
 * await show(line(rows, {
 *   x: { field: "load", unit: "%" },
 *   y: { field: "p99", unit: "ms" },
 *   title: "p99 doubles past 80 % load",
 *   rules: [{ y: 100, label: "SLO: 100 ms" }],
 * }));
 * ```
 *
 * @module
 */
export { type Chart, type ChartOptions } from "./chart/chart.ts";
export { type Channel, type ChannelOptions } from "./chart/channel.ts";
export { type Part } from "./chart/part.ts";
export { type Rule } from "./chart/rules.ts";
export { type Meaning } from "./chart/theme.ts";
export { area } from "./marks/area.ts";
export { band } from "./marks/band.ts";
export { bar } from "./marks/bar.ts";
export { cdf } from "./marks/cdf.ts";
export { heatmap } from "./marks/heatmap.ts";
export { histogram } from "./marks/histogram.ts";
export { layer } from "./marks/layer.ts";
export { line } from "./marks/line.ts";
export { map } from "./marks/map.ts";
export { ground, paths, places, regions } from "./marks/map_layers.ts";
export { type View } from "./chart/projection.ts";
export { point } from "./marks/point.ts";
export { sliders } from "./marks/sliders.ts";
export { steps } from "./marks/steps.ts";
export { tornado } from "./marks/tornado.ts";
export { file } from "./file.ts";
export { type Diagram, mermaid } from "./mermaid.ts";
export { progress } from "./progress.ts";
export { published } from "./published.ts";
export { result } from "./result.ts";
export { say } from "./say.ts";
export { show, type Showable } from "./show.ts";
export { type Table, table } from "./table.ts";
export { thin } from "./thin.ts";
