/**
 * What a proxy tells its operator: `GET /pools` as JSON, `GET /metrics` for Prometheus, `GET /traces`.
 *
 * @example
 * ```ts
 * import { PgProxy } from "lib/systems/pg_proxy/pg_proxy.ts";
 * import { reportHandler } from "lib/systems/pg_proxy/report.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tenant = { user: "ann", database: "shop", password: "secret", max: 10 };
 * const upstream = { hostname: "127.0.0.1", port: 1 };
 * await using proxy = await PgProxy.start({ upstream, mode: "transaction", tenants: [tenant] });
 * const handler = reportHandler(proxy);
 * const [pool] = await handler(new Request("http://localhost/pools")).json();
 * assertEquals([pool.tenant, pool.pool_utilization, pool.max], ["ann@shop", 0, 10]);
 * ```
 *
 * @module
 */
import type { Histogram } from "../../structures/histogram.ts";
import type { PgProxy } from "./pg_proxy.ts";

/** Upper bounds of the buckets, s. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** By their number in `breaker_state`. */
const BREAKER_STATES = ["closed", "halfOpen", "open"];

function summary(histogram: Histogram) {
  const at = (p: number) => histogram.count === 0 ? 0 : histogram.percentile(p);
  return { count: histogram.count, p50_ms: at(50), p99_ms: at(99), max_ms: at(100) };
}

/** Each tenant's pool, as it is now. */
export function poolReport(proxy: PgProxy) {
  return [...proxy.tenants.values()].map(({ name, pool, transactionMs, transactions, opened }) => {
    const { max, inUse, idle, creating, waiting, waitHistogram, oldestLeaseMs, leaked, refused } =
      pool.stats();
    return {
      tenant: name,
      max,
      pool_utilization: inUse / max,
      in_use: inUse,
      idle,
      creating,
      waiting,
      oldest_lease_ms: oldestLeaseMs,
      leaked,
      refused,
      opened,
      transactions,
      wait_time_histogram: summary(waitHistogram),
      transaction_time: summary(transactionMs),
    };
  });
}

/** The same in Prometheus' text format. */
export function prometheusText(proxy: PgProxy): string {
  const lines: string[] = [];
  const metric = (name: string, type: string, rows: [labels: string, value: number][]) => {
    lines.push(`# TYPE ${name} ${type}`);
    for (const [labels, value] of rows) lines.push(`${name}{${labels}} ${value}`);
  };
  const tenants = [...proxy.tenants.values()];
  const each = (value: (tenant: typeof tenants[number]) => number) =>
    tenants.map((tenant): [string, number] => [`service="${tenant.name}"`, value(tenant)]);
  metric("pool_utilization", "gauge", each(({ pool }) => pool.stats().inUse / pool.stats().max));
  metric("pool_queue_depth", "gauge", each(({ pool }) => pool.stats().waiting));
  metric("pool_queue_limit", "gauge", each(({ pool }) => pool.stats().maxQueue));
  metric("pool_leaked_leases_total", "counter", each(({ pool }) => pool.stats().leaked));
  metric("pg_too_many_connections_total", "counter", each(({ tooMany }) => tooMany));
  metric("breaker_state", "gauge", each((tenant) => BREAKER_STATES.indexOf(tenant.breakerState)));
  for (
    const [name, of] of [
      ["pool_wait_seconds", (tenant: typeof tenants[number]) => tenant.pool.stats().waitHistogram],
      ["proxy_transaction_seconds", (tenant: typeof tenants[number]) => tenant.transactionMs],
    ] as const
  ) {
    lines.push(`# TYPE ${name} histogram`);
    for (const tenant of tenants) {
      const histogram = of(tenant);
      const label = `service="${tenant.name}"`;
      const upTo = (bound: number) =>
        [...histogram.buckets()].reduce(
          (sum, { high, count }) => high <= bound * 1000 * 1.02 ? sum + count : sum,
          0,
        );
      for (const bound of BUCKETS) {
        lines.push(`${name}_bucket{${label},le="${bound}"} ${upTo(bound)}`);
      }
      lines.push(`${name}_bucket{${label},le="+Inf"} ${histogram.count}`);
      lines.push(`${name}_sum{${label}} ${histogram.sum / 1000}`);
      lines.push(`${name}_count{${label}} ${histogram.count}`);
    }
  }
  return lines.join("\n") + "\n";
}

/** Answers the operator; serve it on loopback with `Deno.serve`. */
export function reportHandler(proxy: PgProxy): (request: Request) => Response {
  return (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/pools") return Response.json(poolReport(proxy));
    if (pathname === "/traces") return Response.json(proxy.traces);
    if (pathname === "/metrics") return new Response(prometheusText(proxy));
    return new Response("Not found: ask for /pools, /traces or /metrics\n", { status: 404 });
  };
}
