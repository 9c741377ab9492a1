/**
 * The services that notebooks ask for, by the function that they call: `await redis()`.
 *
 * A further one is a line here, and its round trip in `scripts/doctor/round_trips.ts`.
 *
 * @module
 */
import { hasRedis, type Need } from "../setup.ts";
import { hasKafka } from "./kafka.ts";
import { hasPostgres } from "./postgres.ts";
import { hasSystemProgram } from "./system_programs.ts";

/** Whether each can be had on this machine without a set-up. */
const IS_HERE = {
  redis: hasRedis,
  kafka: hasKafka,
  postgres: hasPostgres,
  pgbouncer: () => hasSystemProgram("pgbouncer"),
  etcd: () => (Deno.env.get("ETCD_ENDPOINTS") ?? "") !== "" || hasSystemProgram("etcd"),
  haproxy: () => hasSystemProgram("haproxy"),
  nginx: () => hasSystemProgram("nginx"),
} satisfies Partial<Record<Need, () => boolean>>;

export type ServiceName = keyof typeof IS_HERE;

export const SERVICES = Object.keys(IS_HERE) as ServiceName[];

export function isHere(service: ServiceName): boolean {
  return IS_HERE[service]();
}

/** The services that a notebook's text calls; one that stands in backquotes is only named. */
export function servicesOf(text: string): ServiceName[] {
  return SERVICES.filter((name) => new RegExp(`(?<![\\w.\`])${name}\\(`).test(text));
}
