/**
 * An executed notebook that has one of everything a report must show.
 *
 * @module
 */
import { CHART } from "../../../scripts/report/chart.ts";
import type { Executed } from "../../../scripts/report/entry.ts";
import {
  type Cell,
  type MimeBundle,
  newCodeCell,
  newNotebook,
  type Output,
} from "../../../scripts/notebook/notebook.ts";
import { FACTS } from "../../../scripts/run/facts.ts";

/** A 1 by 1 pixel PNG. */
export const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

export function display(data: MimeBundle, metadata: Record<string, unknown> = {}): Output {
  return { output_type: "display_data", data, metadata };
}

export function fact(kind: string, fields: Record<string, unknown>, markdown: string): Output {
  return display({
    [FACTS]: { kind, ...fields },
    "text/markdown": markdown,
    "text/plain": markdown,
  });
}

let made = 0;

export function prose(source: string): Cell {
  return { cell_type: "markdown", id: `prose-${++made}`, metadata: {}, source };
}

export function code(source: string, outputs: Output[] = [], tags: string[] = []): Cell {
  return { ...newCodeCell(`code-${++made}`, source, tags), outputs, execution_count: made };
}

/** Detection delay against the heartbeat. */
export const lineSpec = {
  $schema: "https://vega.github.io/schema/vega-lite/v5.json",
  title: { text: "Offline is told within 5 s up to a heartbeat of 1.5 s", subtitle: "misses = 3" },
  description: "Line of worst detection delay in seconds against the heartbeat in seconds.",
  usermeta: { workshop: { slug: "detection-against-heartbeat" } },
  width: 640,
  height: 300,
  data: { values: [1, 2, 3, 4, 5].map((n) => ({ heartbeat: n / 2, delay: 1.5 * n + 0.45 })) },
  mark: "line",
  encoding: {
    x: { field: "heartbeat", type: "quantitative", title: "Heartbeat (s)" },
    y: { field: "delay", type: "quantitative", title: "Worst detection delay (s)" },
  },
};

/** The same curve computed in the page from a slider. */
export const sliderSpec = {
  $schema: "https://vega.github.io/schema/vega-lite/v5.json",
  title: "What if a beat is lost more often?",
  description: "Line of false offline rate against loss, with a slider for the misses.",
  usermeta: { workshop: { slug: "false-offline-what-if" } },
  width: 640,
  height: 260,
  params: [{
    name: "misses",
    value: 3,
    bind: { input: "range", min: 1, max: 10, step: 1, name: "misses" },
  }],
  data: { sequence: { start: 0.5, stop: 20, step: 0.5, as: "loss" } },
  transform: [{ calculate: "pow(datum.loss / 100, misses) * 2400", as: "rate" }],
  mark: "line",
  encoding: {
    x: { field: "loss", type: "quantitative", title: "Loss (%)" },
    y: {
      field: "rate",
      type: "quantitative",
      title: "False offline (1/h)",
      scale: { domain: [0, 20], clamp: true },
    },
  },
};

export function chart(spec: Record<string, unknown>): Output {
  return display(
    { [CHART]: spec, "image/png": PIXEL, "text/plain": `Chart: ${spec.description}` },
    { "image/png": { width: 1, height: 1 } },
  );
}

const assumptions = [
  {
    name: "heartbeat",
    value: 5,
    unit: "s",
    default: 1.5,
    range: [0.25, 60],
    source: "so that offline is told in 5 s",
    changed: true,
  },
  {
    name: "lossModel",
    value: "bernoulli",
    default: "bernoulli",
    source: "mobile networks lose in bursts",
    changed: false,
  },
];

const assumptionMarkup = `<table><caption>Assumptions</caption>
<thead><tr><th>Name</th><th>Value</th></tr></thead>

<tbody><tr><td>heartbeat</td><td>5 s</td></tr><tr><td>lossModel</td><td>bernoulli</td></tr></tbody></table>`;

/** A session that was run with a changed heartbeat. */
export function sessionCells(): Cell[] {
  return [
    prose(
      "# 01. Designing an Online/Offline Indicator\n\n**Who is online right now, for 50 million devices?**\n\n" +
        "By the end you can defend three numbers. See [session 02](../week-01/02-mental-models.ipynb) and " +
        "[the wheel](../../lib/structures/timing_wheel.ts).\n",
    ),
    prose("## Frame\n\nActors: devices, watchers. Not `<b>typing</b>` indicators."),
    code('override({ heartbeat: "5s" });', [], ["injected-parameters"]),
    prose("## Assumptions\n\nEach has a source:"),
    code("// The assumptions of this session.\nconst a = await assume({});", [
      display({
        "text/html": assumptionMarkup,
        "text/plain": "heartbeat 5 s",
        [FACTS]: { kind: "assumptions", assumptions },
      }),
    ], ["parameters"]),
    prose("### Prediction\n\nWrite down what you expect."),
    prose(
      "## Shape the workload\n\nWith $n$ devices and heartbeat $h$ the rate is $n/h$, and it costs $5 a day, not $10:\n\n" +
        "$$\\lambda = \\frac{n}{h}$$\n\nThe mean is:",
    ),
    code('await result("Heartbeats", rate);', [
      fact(
        "result",
        { name: "Heartbeats", value: 33.3e6, unit: "1/s", text: "33.3 M/s" },
        "33.3 M/s",
      ),
      chart(lineSpec),
      chart(sliderSpec),
    ]),
    prose(
      "## Choose primitives\n\n```mermaid\nflowchart LR\n  Device --> Gateway\n  Gateway --> Redis[(Redis)]\n```\n\n" +
        "| store | size |\n| --- | ---: |\n| Redis | 13 GB |\n",
    ),
    prose("## Deep dive\n\nThe simplest detector first:"),
    code("const quiet = 1;"),
    code("/**\n * The detector.\n */\nexport class Detector<T> {}", [
      { output_type: "stream", name: "stdout", text: "\x1b[32mok\x1b[0m 3 < 4\n" },
      { output_type: "stream", name: "stderr", text: "Warning: slow\n" },
    ]),
    prose("## Hands-on\n\n### Packet loss\n\nWe lose beats:"),
    code("await show(losses);", [
      display({ "text/markdown": "Loss of **1 %** costs 0.002 false alarms.", "text/plain": "x" }),
      display({ "image/png": PIXEL, "text/plain": "A pixel" }),
      display({ "application/x-unknown": "?" }),
    ]),
    prose("## Operate"),
    code("await file(rules);", [
      fact("file", {
        name: "alerts.yml",
        mediaType: "text/yaml",
        text: "groups:\n  - name: presence # </script>\n",
      }, "alerts.yml"),
    ]),
    prose("## Check against the world"),
    code("await published(swim);", [
      fact("published", {
        name: "SWIM detection periods",
        source: "Das et al. 2002",
        expected: 1.582,
        got: 1.58,
        tolerance: 0.02,
        pass: true,
      }, "reproduced"),
      fact(
        "accept",
        { name: "p99 under 5 s", pass: false, detail: "15.45 s", defaults: false },
        "missed",
      ),
    ]),
    prose(
      "## What we learned\n\nBursts cost 1,293 times more.\n\n### Exercises\n\n1. Find a counterexample.\n\n" +
        "<details>\n<summary>Answer</summary>\n\nA late *third* beat.\n\n</details>\n",
    ),
  ];
}

export function executedSession(cells = sessionCells()): Executed {
  return {
    path: "notebooks/week-01/01-online-indicator.ipynb",
    notebook: { ...newNotebook(), cells },
    origin: "the run in out/",
  };
}

/** A notebook of somebody else: no facts, HTML with scripts, an error. */
export function foreignNotebook(): Executed {
  const cells = [
    prose(
      "# Plots\n\n<script>document.title = 'taken over'</script>\n![far](https://example.com/far.png)",
    ),
    code("show();", [
      display({
        "text/html": '<div id="plot"></div><img src="https://example.com/a.png"><script>' +
          'document.getElementById("plot").innerHTML = "<p style=height:300px>drawn</p>"</script>',
        "text/plain": "plot",
      }),
      display({ "text/html": "<table><tr><td>plain</td></tr></table>", "text/plain": "plain" }),
      display({
        [CHART]: { ...lineSpec, title: "From afar", data: { url: "https://example.com/d.json" } },
        "image/png": PIXEL,
      }),
      display({ [CHART]: { mark: "nonsense" }, "text/plain": "broken chart" }),
    ]),
    code("throw new Error('<no>')", [
      {
        output_type: "error",
        ename: "Error",
        evalue: "<no> beats",
        traceback: ["\x1b[31mat cell\x1b[0m"],
      },
    ]),
  ];
  return { path: "/elsewhere/plots.ipynb", notebook: { ...newNotebook(), cells } };
}
