/**
 * The kinds of private servers that the supervisor can start. A new kind is one function and one line here.
 *
 * @module
 */
import { type EtcdShape, startEtcd } from "./etcd_server.ts";
import { type FrontShape, startFront } from "./front_server.ts";
import type { Host } from "./host.ts";
import { type KafkaShape, startKafka } from "./kafka_server.ts";
import { type PgbouncerShape, startPgbouncer } from "./pgbouncer_server.ts";
import { type PostgresShape, startPostgres } from "./postgres_server.ts";
import { type RedisShape, startRedis } from "./redis_shapes.ts";

/** One server of a shape, as clients see it. */
export interface Address {
  /** The name by which it is stopped, killed, paused … */
  name: string;
  hostname: string;
  port: number;
}

/** What the supervisor tells of a started shape; it crosses a process border as JSON. */
export interface Started {
  version: string;
  /** Where the program came from. */
  from: string;
  /** Of the superuser, where there is one. */
  password?: string;
  nodes: Address[];
}

/** The options of each shape; they are JSON too, and equal options share one server. */
export interface ShapeOptions {
  etcd: EtcdShape;
  haproxy: FrontShape;
  kafka: KafkaShape;
  nginx: FrontShape;
  pgbouncer: PgbouncerShape;
  postgres: PostgresShape;
  redis: RedisShape;
}

export type ShapeName = keyof ShapeOptions;

const shapes: {
  [Name in ShapeName]: (host: Host, options: ShapeOptions[Name]) => Promise<Started>;
} = {
  etcd: startEtcd,
  haproxy: (host, options) => startFront(host, "haproxy", options),
  kafka: startKafka,
  nginx: (host, options) => startFront(host, "nginx", options),
  pgbouncer: startPgbouncer,
  postgres: startPostgres,
  redis: startRedis,
};

/** What an error that came of a full disk says to the reader; any other error as it is. */
function explain(error: Error, name: ShapeName, folder: string): Error {
  if (!/no space left on device|disk quota exceeded/i.test(error.message)) return error;
  return new Error(
    `Cannot start ${name}: the disk that holds ${folder} must have room: received ${error.message}`,
  );
}

/** Starts the servers of a shape under the host. */
export async function startShape<Name extends ShapeName>(
  host: Host,
  name: Name,
  options: ShapeOptions[Name],
): Promise<Started> {
  try {
    return await shapes[name](host, options);
  } catch (error) {
    throw explain(error as Error, name, host.folder);
  }
}
