/**
 * What ingest and store tell Prometheus; each value is looked up when it asks.
 *
 * @module
 */
import { Counter, Gauge, Registry } from "prom-client";

/** Counts of an ingest server, all of them since it started but for the backlog. */
export interface IngestCounts {
  lines: number;
  duplicates: number;
  refused: number;
  failures: number;
  /** Lines that agents have read and that the log has not taken. */
  backlog: number;
  /** Secrets hidden, by rule. */
  redactions: Readonly<Record<string, number>>;
}

/** The metrics of an ingest server. */
export function ingestMetrics(read: () => IngestCounts): Registry {
  const registry = new Registry(), registers = [registry];
  const totals = {
    lines: ["ingest_lines_total", "Lines that the log has taken."],
    duplicates: ["ingest_duplicates_total", "Lines that came again, and were skipped."],
    refused: ["ingest_refused_total", "Requests refused."],
    failures: ["ingest_failures_total", "Requests that the log did not take."],
  } as const;
  for (const [count, [name, help]] of Object.entries(totals)) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read()[count as keyof typeof totals]);
      },
    });
  }
  new Gauge({
    name: "ingest_backlog_lines",
    help: "Lines that agents have read and that the log has not taken, as the agents last said.",
    registers,
    collect() {
      this.set(read().backlog);
    },
  });
  new Counter({
    name: "redactions_total",
    help: "Secrets hidden, by rule.",
    labelNames: ["rule"],
    registers,
    collect() {
      this.reset();
      for (const [rule, count] of Object.entries(read().redactions)) this.inc({ rule }, count);
    },
  });
  return registry;
}

/** The metrics of a store. */
export class StoreMetrics {
  readonly registry = new Registry();
  readonly broken = new Counter({
    name: "audit_chain_broken_total",
    help: "Segments that verify() found to differ from what was sealed, each time it did.",
    registers: [this.registry],
  });
  readonly deleted = new Counter({
    name: "deleted_lines_total",
    help: "Lines deleted by hand.",
    registers: [this.registry],
  });

  constructor(overdueSegments: () => Promise<number>) {
    new Gauge({
      name: "retention_overdue_segments",
      help: "Segments older than they may be, not deleted, and not held.",
      registers: [this.registry],
      async collect() {
        this.set(await overdueSegments());
      },
    });
  }
}
