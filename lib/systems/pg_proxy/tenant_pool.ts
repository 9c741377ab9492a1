/**
 * What one user on one database gets of the server: its connections, its queue, its measurements.
 *
 * @module
 */
import {
  type BreakerState,
  CircuitBreaker,
  type CircuitBreakerOptions,
} from "../../structures/circuit_breaker.ts";
import { Histogram } from "../../structures/histogram.ts";
import { SingleFlight } from "../../structures/single_flight.ts";
import { Pool, type PoolOptions } from "../pool/pool.ts";
import type { Lease } from "../pool/lease.ts";
import { PoolError } from "../pool/pool_error.ts";
import type { Login } from "../pgwire/login.ts";
import { PgError } from "../pgwire/protocol_error.ts";
import { type Verifier, verifier } from "../pgwire/scram.ts";
import { ServerConnection } from "./server_connection.ts";

/** A line of the proxy's table. */
export interface Tenant {
  user: string;
  database: string;
  password: string;
  /** Server connections at most. */
  max: number;
  /** Clients that may wait for one. Default: 100. */
  maxQueue?: number;
  /** How long they wait. Default: 1000. */
  timeoutMs?: number;
  /** Connects again and again while the server is gone; see the pool. */
  backoff?: PoolOptions<unknown>["backoff"];
  /** Refuses at once while too many waits have failed. Default: none. */
  breaker?: CircuitBreakerOptions;
}

/** What a service gets of its tenant's pool; it names itself at login, as `application_name`. */
export interface ServiceShare {
  service: string;
  max: number;
  maxQueue: number;
  timeoutMs: number;
  /** Lower is served first. */
  priority: number;
}

export interface Upstream {
  hostname: string;
  port: number;
}

/** One transaction, or one session, as the proxy saw it. */
export interface TraceRecord {
  tenant: string;
  atMs: number;
  waitMs: number;
  heldMs: number;
}

const CONNECT_TIMEOUT_MS = 5000;

export class TenantPool {
  readonly tenant: Tenant;
  readonly name: string;
  readonly verifier: Verifier;
  readonly pool: Pool<ServerConnection>;
  readonly transactionMs = new Histogram({ relativeError: 0.01 });
  transactions = 0;
  /** Connections to the server that were opened. */
  opened = 0;
  /** Times that the server had none left: its 53300. */
  tooMany = 0;
  #shares = new Map<string, ServiceShare>();
  #breaker: CircuitBreaker | undefined;
  #nowMs: () => number;
  #upstream: Upstream;
  #generation = 0;
  #all = new Set<ServerConnection>();
  /** What a server reported at login, for the next client. */
  #parameters: ServerConnection["parameters"] | undefined;
  /** Many who log in at once ask once. */
  #asking = new SingleFlight<ServerConnection["parameters"]>();

  constructor(tenant: Tenant, upstream: Upstream, nowMs: () => number = () => performance.now()) {
    const { user, database, password, max, maxQueue = 100, timeoutMs = 1000, backoff } = tenant;
    this.#breaker = tenant.breaker && new CircuitBreaker(tenant.breaker);
    this.#nowMs = nowMs;
    this.tenant = tenant;
    this.name = `${user}@${database}`;
    this.verifier = verifier(password);
    this.#upstream = upstream;
    this.pool = new Pool({
      create: () => this.#connect(),
      destroy: (server) => {
        this.#all.delete(server);
        server.close();
      },
      validate: ({ isOpen, generation }) => isOpen && generation === this.#generation,
      max,
      maxQueue,
      timeoutMs,
      backoff,
    });
  }

  /** Of the breaker; closed when there is none. */
  get breakerState(): BreakerState {
    return this.#breaker?.state(this.#nowMs()) ?? "closed";
  }

  /** Changes what the services get; the pool is as large as their shares together. */
  share(shares: readonly ServiceShare[]): void {
    const sum = (key: "max" | "maxQueue") => shares.reduce((total, row) => total + row[key], 0);
    const timeoutMs = Math.max(...shares.map((row) => row.timeoutMs));
    this.pool.configure({ max: sum("max"), maxQueue: sum("maxQueue"), timeoutMs });
    this.#shares = new Map(shares.map((row) => [row.service, row]));
  }

  /** Borrows a server connection for a service. @throws {PgError} as the client is to see it */
  async acquire(service = "", signal?: AbortSignal): Promise<Lease<ServerConnection>> {
    if (this.#breaker?.allow(this.#nowMs()) === false) {
      throw new PgError("53300", `no connection for ${this.name}: too many waits have failed`);
    }
    const { priority, timeoutMs } = this.#shares.get(service) ?? {};
    for (;;) {
      const lease = await this.pool.acquire({ signal, priority, timeoutMs }).catch((error) => {
        const isOurs = error instanceof PoolError && error.reason === "aborted";
        if (!isOurs) this.#breaker?.fail(this.#nowMs());
        throw asPgError(error, this.name);
      });
      this.#breaker?.succeed(this.#nowMs());
      const { isOpen, generation } = lease.resource;
      if (isOpen && generation === this.#generation) return lease;
      lease.release({ broken: true }); // it was handed over by one who did not notice
    }
  }

  /** What the server reports at login; asks it for the first client. */
  async parameters(): Promise<ServerConnection["parameters"]> {
    return this.#parameters ??= await this.#asking.run("parameters", async () => {
      const lease = await this.acquire();
      lease.release();
      return lease.resource.parameters;
    });
  }

  /** From now on another server; whatever is connected to the old one is cut. */
  reroute(upstream: Upstream): void {
    this.#upstream = upstream;
    this.#generation++;
    for (const server of this.#all) server.close();
  }

  async close(): Promise<void> {
    const drained = this.pool.drain();
    for (const server of this.#all) server.close();
    await drained;
  }

  async #connect(): Promise<ServerConnection> {
    const { user, database, password } = this.tenant;
    const options: Login = {
      ...this.#upstream,
      user,
      database,
      password,
      signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS),
    };
    const generation = this.#generation;
    const server = await ServerConnection.connect(options, generation).catch((error) => {
      if (error instanceof PgError && error.code === "53300") this.tooMany++;
      throw error;
    });
    this.opened++;
    if (generation !== this.#generation) {
      server.close();
      return this.#connect();
    }
    this.#all.add(server);
    return server;
  }
}

/** An error of the pool as PostgreSQL would word it. */
function asPgError(error: unknown, name: string): PgError {
  if (!(error instanceof PoolError)) return new PgError("XX000", String(error));
  const { cause, reason, message } = error;
  if (reason === "broken" || (reason === "timeout" && cause !== undefined)) {
    if (cause instanceof PgError) return cause;
    return new PgError("08006", `could not connect to the server: ${(cause as Error).message}`);
  }
  if (reason === "full" || reason === "timeout") {
    return new PgError("53300", `no connection for ${name}: ${message}`);
  }
  return new PgError("57P01", `the pool of ${name} is closing`, "FATAL");
}
