import { assertEquals, assertThrows } from "@std/assert";
import { checkPromql, metricNames } from "lib/operate/promql.ts";

Deno.test("checkPromql() accepts the expressions of the sessions", () => {
  for (
    const expr of [
      "up",
      "presence_stale_ratio > 0.005",
      "rate(redis_evicted_keys_total[5m]) > 0",
      "histogram_quantile(0.95, sum by (le) (rate(presence_freshness_seconds_bucket[5m]))) > 2",
      'sum(rate(cache_requests_total{class="hot",result="hit"}[5m])) / sum(rate(x[5m])) < 0.95',
      "deriv(presence_heartbeat_backlog[3m]) > 0 and presence_heartbeat_backlog > 100",
      "consumer_lag_seconds > 60 or predict_linear(consumer_lag_seconds[10m], 600) > 60",
      "max_over_time(x[1h:5m] offset 1d) unless on (job) y == bool 1",
    ]
  ) checkPromql(expr);
});

Deno.test("checkPromql() points at what is wrong", () => {
  const cases: [string, string][] = [
    ["sum(rate(x[5m]) > 1", 'unexpected end at 19: received "sum(rate(x[5m]) > 1"'],
    ["up >", "unexpected end at 4"],
    ["rate(x[5m]) > 2 for 5m", 'unexpected "for 5m"'],
    ["x{job=api}", "unexpected"],
    ["", "unexpected end at 0"],
    ["  ", "unexpected end at 0"],
  ];
  for (const [expr, message] of cases) {
    assertThrows(() => checkPromql(expr), SyntaxError, `Cannot read PromQL: ${message}`);
  }
});

Deno.test("metricNames() finds metrics, not labels, functions or modifiers", () => {
  const cases: [string, string[]][] = [
    ["up", ["up"]],
    ["histogram_quantile(0.99, sum by (le) (rate(x_bucket[5m]))) > 2", ["x_bucket"]],
    ['a{job="b"} / on (c) group_left (d) e', ["a", "e"]],
    ["x > 0 and x < 3", ["x"]],
    ["1 + time()", []],
  ];
  for (const [expr, names] of cases) assertEquals(metricNames(expr), names, expr);
  assertThrows(() => metricNames("x >"), SyntaxError, "unexpected end");
});
