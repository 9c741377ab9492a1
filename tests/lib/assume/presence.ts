import type { Declarations } from "lib/assume/declaration.ts";

/** Some assumptions of session 01, one of every kind. */
export const presence = {
  connections: { default: 50e6, unit: "devices", range: [1e3, 2e8], source: "requirement" },
  connectionsPerGateway: { default: 100e3, unit: "devices", range: [1e3, 2e6], source: "a talk" },
  heartbeat: { default: 1.5, unit: "s", range: [0.25, 60], source: "5 s until offline" },
  misses: { default: 3, unit: "1", range: [1, 10], whole: true, source: "hysteresis" },
  push: { default: 200, unit: "ms", range: [10, 2000], source: "push path p99" },
  loss: { default: 1, unit: "%", range: [0, 30], source: "mobile" },
  lossModel: { default: "bernoulli", options: ["bernoulli", "bursts"], source: "radio fades" },
  jitter: { default: true, source: "spreads reconnects" },
  seed: { default: 1, range: [0, 2 ** 32 - 1], whole: true, source: "repeatable" },
} as const satisfies Declarations;
