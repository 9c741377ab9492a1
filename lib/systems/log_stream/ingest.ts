/**
 * Takes lines from agents: who are you, not too much, not twice, and no secrets.
 *
 * `POST /logs`, JSON lines, plain or gzip. The token names the tenant, whose deployments alone may be written, and whose quota
 * counts. A line is known by its agent and number, and one that was acknowledged before is skipped. Secrets are hidden in the
 * stream of each agent and step, so that one that is spread over batches is found too. The answer comes after the log has taken the
 * lines; when it does not, 503, and the agent tries again. Redacted lines are kept until then: a second try sees the same.
 * `GET /metrics` is for Prometheus. How many lines wait, only the agents know; they say it with each batch, as `x-backlog-lines`.
 *
 * Simplified: what it remembers of agents is gone when it restarts; readers of the log drop what came twice (`feed.ts`).
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import { Redactor, type RedactorPlan } from "../redact/redactor.ts";
import { TokenBucket } from "../../structures/token_bucket.ts";
import { ingestMetrics } from "./metrics.ts";
import { type LogRecord, parseRecords } from "./record.ts";
import type { Claims } from "./token.ts";

export interface IngestOptions {
  authorise: (token: string) => Promise<Claims>;
  /** Whose deployment it is. */
  tenantOf: (deploymentId: string) => string | undefined;
  /** Appends lines of a deployment to the log; resolves once it has them for good. */
  append: (deploymentId: string, records: readonly LogRecord[]) => Promise<void>;
  redact: RedactorPlan;
  nowMs: () => number;
  /** Of each tenant. Default: 50,000 lines a second, bursts of as many. */
  quota?: { ratePerSecond: number; burst: number };
  port?: number;
  /** How long the log may take. Default: 3,000. */
  appendTimeoutMs?: number;
  /** What a proxy in front found in the client's certificate; must then be the token's tenant. */
  tenantHeader?: string;
}

interface Agent {
  lastSeq: number;
  /** Redacted, not acknowledged yet. */
  waiting: Map<number, LogRecord>;
  redactors: Map<string, Redactor>;
  /** Requests of an agent take turns. */
  turn: Promise<unknown>;
  /** Lines that it has read and that the log has not taken, as it last said. */
  backlog: number;
}

const MOST_BYTES = 8 << 20;
const encoder = new TextEncoder(), decoder = new TextDecoder();

/** A running ingest server. */
export class LogIngest {
  readonly stats = { requests: 0, lines: 0, duplicates: 0, refused: 0, failures: 0 };
  /** Secrets hidden so far, by rule. */
  readonly redactions: Record<string, number> = {};
  readonly metrics = ingestMetrics(() => ({
    ...this.stats,
    backlog: this.backlog,
    redactions: this.redactions,
  }));
  readonly url: string;
  #options: IngestOptions;
  #agents = new Map<string, Agent>();
  #quotas = new Map<string, TokenBucket>();
  #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: options.port ?? 0, onListen: () => {} },
      (request) => this.#handle(request),
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** Lines that agents have read and that the log has not taken, as they last said. */
  get backlog(): number {
    return this.#agents.values().reduce((sum, { backlog }) => sum + backlog, 0);
  }

  async stop(): Promise<void> {
    await this.#server.shutdown();
  }

  async #handle(request: Request): Promise<Response> {
    const place = `${request.method} ${new URL(request.url).pathname}`;
    if (place === "GET /metrics") {
      const type = this.metrics.contentType;
      return new Response(await this.metrics.metrics(), { headers: { "content-type": type } });
    }
    this.stats.requests++;
    if (place !== "POST /logs") return refuse(404, "no such address");
    const { authorise, tenantHeader } = this.#options;
    const token = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
    const claims = await authorise(token).catch((error: Error) => error);
    if (claims instanceof Error) return this.#refuse(401, claims.message);
    if (claims.role !== "agent") return this.#refuse(403, "the token is not an agent's");
    if (tenantHeader && request.headers.get(tenantHeader) !== claims.tenant) {
      return this.#refuse(403, "certificate and token name different tenants");
    }
    let records: LogRecord[];
    try {
      records = parseRecords(await readBody(request));
    } catch (error) {
      return this.#refuse(400, (error as Error).message);
    }
    const backlog = Number(request.headers.get("x-backlog-lines") ?? 0);
    return await this.#take(records, claims.tenant, Number.isSafeInteger(backlog) ? backlog : 0);
  }

  async #take(
    records: readonly LogRecord[],
    tenant: string,
    backlog: number,
  ): Promise<Response> {
    const { tenantOf, nowMs, quota = { ratePerSecond: 50_000, burst: 50_000 } } = this.#options;
    if (records.some(({ deploymentId }) => tenantOf(deploymentId) !== tenant)) {
      return this.#refuse(403, "a deployment of another tenant");
    }
    const byAgent = [...Map.groupBy(records, ({ agentId }) => agentId)]
      .map(([agentId, own]) => ({ agent: this.#agent(`${tenant}/${agentId}`), own }));
    for (const { agent, own } of byAgent) agent.backlog = Math.max(backlog, own.length);
    if (!this.#quotas.has(tenant)) this.#quotas.set(tenant, new TokenBucket(quota));
    const bucket = this.#quotas.get(tenant)!;
    if (!bucket.take(nowMs(), Math.min(records.length, quota.burst))) {
      const waitMs = bucket.waitMs(nowMs(), Math.min(records.length, quota.burst));
      return this.#refuse(429, "quota", { "retry-after": `${Math.ceil(waitMs / 1000)}` });
    }
    const done = byAgent.map(({ agent, own }) => {
      const work = agent.turn.then(() => this.#append(agent, own));
      agent.turn = work.catch(() => {});
      return work;
    });
    try {
      await Promise.all(done);
    } catch {
      this.stats.failures++;
      return refuse(503, "the log does not take lines", { "retry-after": "1" });
    }
    return Response.json({ acknowledged: records.length });
  }

  async #append(agent: Agent, records: readonly LogRecord[]): Promise<void> {
    const fresh = records.filter(({ seq }) => seq > agent.lastSeq);
    this.stats.duplicates += records.length - fresh.length;
    for (const record of fresh) {
      if (!agent.waiting.has(record.seq)) {
        agent.waiting.set(record.seq, this.#redact(agent, record));
      }
    }
    const clean = fresh.map(({ seq }) => agent.waiting.get(seq)!);
    for (const [deploymentId, own] of Map.groupBy(clean, (record) => record.deploymentId)) {
      await within(
        this.#options.append(deploymentId, own),
        this.#options.appendTimeoutMs ?? 3000,
      );
    }
    agent.waiting.clear();
    agent.lastSeq = fresh.reduce((last, { seq }) => Math.max(last, seq), agent.lastSeq);
    agent.backlog = Math.max(0, agent.backlog - records.length);
    this.stats.lines += clean.length;
  }

  #redact(agent: Agent, record: LogRecord): LogRecord {
    const stream = `${record.deploymentId}/${record.stepId}`;
    const redactor = agent.redactors.get(stream) ?? new Redactor(this.#options.redact);
    agent.redactors.set(stream, redactor);
    const before = total(redactor.counts);
    const bytes = redactor.push(
      encoder.encode(record.more ? record.message : `${record.message}\n`),
    );
    const text = decoder.decode(bytes);
    const message = record.more ? text : text.slice(0, -1);
    const hidden = total(redactor.counts) - before;
    if (hidden > 0) this.#count(redactor);
    return {
      ...record,
      message,
      redactionState: message === record.message ? "clean" : "redacted",
    };
  }

  #count(redactor: Redactor): void {
    for (const [rule, count] of Object.entries(redactor.counts)) {
      this.redactions[rule] = (this.redactions[rule] ?? 0) + count;
      redactor.counts[rule] = 0;
    }
  }

  #agent(name: string): Agent {
    const known = this.#agents.get(name);
    if (known) return known;
    const agent: Agent = {
      lastSeq: -1,
      waiting: new Map(),
      redactors: new Map(),
      turn: Promise.resolve(),
      backlog: 0,
    };
    this.#agents.set(name, agent);
    return agent;
  }

  #refuse(status: number, error: string, headers: Record<string, string> = {}): Response {
    this.stats.refused++;
    return refuse(status, error, headers);
  }
}

const total = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);

function refuse(status: number, error: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error }, { status, headers });
}

/** Gives up on what takes too long; should it succeed later, readers drop it as a double. */
async function within(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`the log took more than ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}

async function readBody(request: Request): Promise<string> {
  const bytes = await request.bytes();
  if (bytes.length > MOST_BYTES) throw new SyntaxError("Cannot read batch: it is too long");
  if (request.headers.get("content-encoding") !== "gzip") return decoder.decode(bytes);
  return decoder.decode(gunzipSync(bytes, { maxOutputLength: MOST_BYTES }));
}
