/**
 * The gateway's metrics, under the names that its alerts and dashboard use.
 *
 * Counters are read from the parts when Prometheus asks, so that counting costs them nothing; the
 * freshness of every change that is pushed is observed as it leaves.
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Fanout } from "./fanout.ts";
import type { Diff } from "./reducer.ts";
import type { PresenceService } from "./service.ts";
import type { Sessions } from "./sessions.ts";

/** What the metrics describe. */
export interface Measured {
  service: PresenceService;
  sessions: Sessions;
  fanout: Fanout;
  /** Errors in timers and handlers, which must never stop the gateway. */
  errors: () => number;
  /** Statements taken in and not yet written. */
  backlog: () => number;
}

/** Metrics of one gateway. */
export class PresenceMetrics {
  readonly registry = new Registry();
  #freshness: Histogram<"source">;

  constructor({ service, sessions, fanout, errors, backlog }: Measured) {
    const registers = [this.registry];
    this.#freshness = new Histogram({
      name: "presence_freshness_seconds",
      help: "Age of a change when it leaves for a watcher",
      labelNames: ["source"],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4, 5, 7.5, 10, 30, 60],
      registers,
    });
    const counter = (name: string, help: string, value: () => number) =>
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(value());
        },
      });
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    const { stats } = service;
    gauge(
      "presence_stale_ratio",
      "Share of answers that were flagged stale",
      () => stats.reads === 0 ? 0 : stats.staleReads / stats.reads,
    );
    counter("presence_reads_total", "Users asked for", () => stats.reads);
    counter("presence_stale_reads_total", "Users answered stale", () => stats.staleReads);
    counter("presence_events_total", "Statements taken in", () => stats.events);
    counter("presence_events_ignored_total", "Statements that were not newer", () => stats.ignored);
    counter("presence_store_errors_total", "Cache errors and timeouts", () => stats.storeErrors);
    counter("presence_heartbeats_total", "Beats", () => sessions.stats.beats);
    counter(
      "presence_heartbeat_failures_total",
      "Devices that fell silent",
      () => sessions.stats.offline,
    );
    counter(
      "presence_false_offline_total",
      "Silent devices that beat again",
      () => sessions.stats.falseOffline,
    );
    gauge("presence_heartbeat_backlog", "Statements not yet written", backlog);
    gauge("presence_sessions", "Devices connected", () => sessions.size);
    counter("presence_fanout_changes_total", "Changes times watchers", () => fanout.stats.changes);
    counter("presence_fanout_pushed_total", "Changes sent", () => fanout.stats.pushed);
    counter(
      "presence_fanout_suppressed_total",
      "Changes back to what was sent",
      () => fanout.stats.suppressed,
    );
    counter(
      "presence_fanout_merged_total",
      "Changes overtaken by later ones",
      () => fanout.stats.merged,
    );
    counter("presence_errors_total", "Errors in timers and handlers", errors);
  }

  /** Observes a change that leaves. */
  pushed(diff: Diff, nowMs: number): void {
    this.#freshness.observe({ source: diff.source }, Math.max(0, nowMs - diff.atMs) / 1000);
  }

  /** All metrics in Prometheus's text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}
