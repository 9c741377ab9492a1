import { assertEquals } from "@std/assert";
import { assume } from "lib/assume/assume.ts";
import { errorBudget, falseOfflineRate, needed, quantity } from "lib/estimate/mod.ts";
import { recorded } from "../assume/recorded.ts";

const declared = {
  connections: { default: 50e6, unit: "devices", range: [1e3, 2e8], source: "requirement" },
  heartbeat: { default: 1.5, unit: "s", range: [0.25, 60], source: "offline within 5 s" },
  misses: { default: 3, unit: "beats", range: [1, 10], whole: true, source: "hysteresis" },
  sweep: { default: 250, unit: "ms", range: [10, 2000], source: "expiry tick" },
  push: { default: 200, unit: "ms", range: [10, 2000], source: "push path p99" },
  loss: { default: 1, unit: "%", range: [0, 30], source: "mobile" },
  stateChanges: { default: 500e3, unit: "/s", range: [1, 1e7], source: "requirement" },
  burst: { default: 3, unit: "x", range: [1, 10], source: "requirement" },
  onlineWatchers: { default: 20, unit: "1", range: [0, 5000], source: "10 % of 200 friends" },
  lossBudget: { default: 0.01, unit: "%", range: [0, 1], source: "SLO" },
  connectionsPerGateway: { default: 100e3, unit: "devices", range: [1e3, 2e6], source: "a talk" },
  bytesPerDevice: { default: 260, unit: "B/device", range: [50, 2000], source: "measured" },
} as const;

Deno.test("the estimates of session 01 follow from its assumptions, with units", async () => {
  let a!: Awaited<ReturnType<typeof assume<typeof declared>>>;
  await recorded(async () => {
    a = await assume(declared);
  });
  const silence = a.misses.times(a.heartbeat).to("s");
  const meanSilence = a.misses.minus(quantity(0.5, "beats")).times(a.heartbeat).to("s");
  const losses = { loss: a.loss, misses: a.misses.value, heartbeat: a.heartbeat };
  const independent = falseOfflineRate(losses);
  const bursts = falseOfflineRate({ ...losses, burst: 5 });
  const changes = a.stateChanges.times(a.burst);
  const gateways = needed(a.connections, a.connectionsPerGateway);
  const commands = changes.times(2);
  const estimates = {
    heartbeatRate: a.connections.per(a.heartbeat).to("/s"),
    worstDetection: silence.plus(a.sweep).plus(a.push),
    meanDetection: meanSilence.plus(a.sweep.per(2)).plus(a.push).toString({ digits: 4 }),
    falseOffline: independent.to("/h"),
    inBursts: bursts.to("/h"),
    fleet: a.connections.times(bursts).to("/s"),
    times: bursts.per(independent),
    gateways,
    changesPerGateway: a.stateChanges.per(gateways),
    pushes: a.stateChanges.times(a.onlineWatchers),
    pushBytes: a.stateChanges.times(a.onlineWatchers).times(quantity(48, "B")),
    bus: changes.times(quantity(160, "B")),
    state: a.connections.times(a.bytesPerDevice),
    cacheShards: needed(commands, quantity(120e3, "/s"), { use: 0.6 }),
    lossBudgetInTime: errorBudget(quantity(100, "%").minus(a.lossBudget), quantity(30, "days")),
  };
  const printed = Object.fromEntries(Object.entries(estimates).map(([name, q]) => [name, `${q}`]));
  assertEquals(printed, {
    heartbeatRate: "33.3 M/s",
    worstDetection: "4.95 s",
    meanDetection: "4.075 s",
    falseOffline: "0.0024 /h",
    inBursts: "3.07 /h",
    fleet: "42.7 k/s",
    times: "1,293",
    gateways: "500",
    changesPerGateway: "1,000 /s",
    pushes: "10 M/s",
    pushBytes: "480 MB/s",
    bus: "240 MB/s",
    state: "13 GB",
    cacheShards: "42",
    lossBudgetInTime: "4.32 min",
  });
});
