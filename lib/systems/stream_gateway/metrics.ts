/**
 * A gateway's metrics for Prometheus.
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

const AGE_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What a gateway counts. */
export class GatewayMetrics {
  readonly registry = new Registry();
  readonly opens = this.#counter("stream_opens_total", "Streams opened.");
  readonly errors = this.#counter("stream_errors_total", "Streams refused or broken.");
  readonly gaps = this.#counter("viewer_gaps_total", "Notices of missing lines.");
  readonly gapLines = this.#counter("viewer_gap_lines_total", "Lines that such notices named.");
  readonly deliveries = this.#counter("frames_sent_total", "Frames handed to sockets.");
  readonly bytes = this.#counter("bytes_sent_total", "Bytes of them.");
  readonly age = new Histogram({
    name: "log_age_seconds",
    help: "Age of the oldest line of a flush, from when it was taken in until it was sent.",
    buckets: AGE_BUCKETS,
    registers: [this.registry],
  });

  /** `viewers` and `bufferedBytes` are asked when Prometheus comes. */
  constructor(read: { viewers: () => number; bufferedBytes: () => number }) {
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(value());
        },
      });
    gauge("viewers", "Open streams.", read.viewers);
    gauge("viewer_buffer_bytes", "Bytes that wait for slow viewers.", read.bufferedBytes);
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] });
  }
}
