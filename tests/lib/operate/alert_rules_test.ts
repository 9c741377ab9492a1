import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { parse } from "yaml";
import { type AlertRule, alertRules, durationSeconds } from "lib/operate/alert_rules.ts";
import { burnRateAlerts, slowerThan } from "lib/operate/slo.ts";

const stale: AlertRule = {
  alert: "PresenceStale",
  expr: "presence_stale_ratio > 0.005",
  for: "10m",
  labels: { severity: "page" },
  annotations: { summary: "Answers are stale: {{ $value | humanizePercentage }}" },
};
/** The rules of session 01. */
const groups = [{
  name: "presence",
  interval: "30s",
  rules: [
    stale,
    {
      alert: "PresenceLate",
      expr:
        "histogram_quantile(0.95, sum by (le) (rate(presence_freshness_seconds_bucket[5m]))) > 2",
      for: "5m",
    },
    { alert: "RedisEvicts", expr: "rate(redis_evicted_keys_total[5m]) > 0" },
    { alert: "BacklogRises", expr: "deriv(presence_heartbeat_backlog[3m]) > 0", for: "3m" },
  ],
}, {
  name: "presence-slo",
  rules: burnRateAlerts(
    { name: "online-freshness", objective: 0.99, windowDays: 30 },
    slowerThan("presence_freshness_seconds", 2),
  ),
}];

/** Where promtool is, or undefined. */
function promtool(): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return folders.map((folder) => `${folder}/promtool`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

async function check(yaml: string): Promise<{ success: boolean; output: string }> {
  const path = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(path, yaml);
    const command = new Deno.Command(promtool()!, { args: ["check", "rules", path] });
    const { success, stdout, stderr } = await command.output();
    const text = new TextDecoder();
    return { success, output: text.decode(stdout) + text.decode(stderr) };
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("alertRules() survives a YAML parser", () => {
  assertEquals(parse(alertRules(groups)), { groups });
});

Deno.test({
  name: "alertRules() passes promtool check rules",
  ignore: promtool() === undefined,
  async fn() {
    const { success, output } = await check(alertRules(groups));
    assert(success, output);
    assert(output.includes("7 rules found"), output);
    const broken = alertRules(groups).replace("presence_stale_ratio", "presence stale ratio");
    assertEquals((await check(broken)).success, false, "promtool would tell");
  },
});

Deno.test("alertRules() refuses what Prometheus would not load, and names the rule", () => {
  const of = (part: Partial<AlertRule>) => () =>
    alertRules([{ name: "g", rules: [{ ...stale, ...part }] }]);
  assertThrows(of({ expr: "x >" }), SyntaxError, "Cannot write alert PresenceStale: Cannot read");
  assertThrows(
    of({ for: "10 minutes" }),
    SyntaxError,
    'Cannot write alert PresenceStale: Cannot read duration: it must be like 30s, 5m or 1h30m: received "10 minutes"',
  );
  assertThrows(of({ labels: { "on-call": "x" } }), TypeError, 'received "on-call"');
  assertThrows(of({ alert: "" }), TypeError, "its name must not be empty");
  const twice = [stale, { ...stale, expr: "up == 0" }];
  assertThrows(() => alertRules([{ name: "g", rules: twice }]), TypeError, "must be unique");
  assertThrows(() => alertRules([groups[0], groups[0]]), TypeError, "group name must be unique");
  assertThrows(() => alertRules([{ name: "", rules: [] }]), TypeError, "group name must be");
});

Deno.test("durationSeconds() reads Prometheus's durations", () => {
  const cases = { "5m": 300, "1h30m": 5400, "250ms": 0.25, "1d": 86_400, "1w": 604_800, "0": 0 };
  for (const [text, seconds] of Object.entries(cases)) {
    assertAlmostEquals(durationSeconds(text), seconds, 1e-9);
  }
  for (const text of ["", "5", "5M", "1.5h", "m5", "30m1h"]) {
    assertThrows(() => durationSeconds(text), SyntaxError, "Cannot read duration");
  }
});
