/**
 * Calls etcd's HTTP/JSON gateway: which member, how long, what an error means.
 *
 * A call goes to the member that answered last. One that refuses the connection, or has no leader, has done nothing, so
 * the call goes to the next member. When an answer fails to come, a read goes to the next member too; a write does not,
 * for it may have been made: its error says so (`isUncertain`). All attempts together take `timeoutMs` at most.
 *
 * Source: etcd documentation, "Why gRPC gateway"; gRPC status codes.
 *
 * @module
 */
import { readJsonLines } from "./json_lines.ts";

export type EtcdErrorCode =
  | "timeout"
  | "unavailable"
  | "not found"
  | "compacted"
  | "unauthenticated"
  | "denied"
  | "invalid"
  | "failed";

export class EtcdError extends Error {
  readonly code: EtcdErrorCode;
  /** Whether a write may have been made all the same. */
  readonly isUncertain: boolean;

  constructor(code: EtcdErrorCode, message: string, isUncertain = false) {
    super(message);
    this.name = "EtcdError";
    this.code = code;
    this.isUncertain = isUncertain;
  }
}

const CODES: Record<number, EtcdErrorCode> = {
  3: "invalid",
  4: "timeout",
  5: "not found",
  7: "denied",
  9: "failed",
  11: "invalid",
  14: "unavailable",
  16: "unauthenticated",
};

interface GatewayError {
  error?: string;
  message?: string;
  code?: number;
}

/** An answer that is an error; gRPC's status says which. */
function errorOf(path: string, { error, message, code = 2 }: GatewayError): EtcdError {
  const text = message ?? error ?? "an error without a text";
  // Wrong user or password; etcd calls it an invalid argument.
  const isLogin = /authentication failed|invalid auth token|user name is empty/.test(text);
  const kind = text.includes("has been compacted")
    ? "compacted"
    : isLogin
    ? "unauthenticated"
    : CODES[code] ?? "failed";
  // Without a leader nothing is proposed; a proposal that timed out may still be taken.
  const isUncertain = kind === "unavailable" && !text.includes("no leader");
  return new EtcdError(kind, `Cannot call ${path}: etcd must agree: received ${text}`, isUncertain);
}

export interface GatewayOptions {
  /** How long a call may take, all attempts together. Default: 5,000. */
  timeoutMs?: number;
  /** How long a read waits for a member before it asks the next one. Default: 1,500. */
  attemptMs?: number;
}

export interface CallOptions {
  /** It changes nothing, so that it may be asked twice. */
  isRead?: boolean;
  timeoutMs?: number;
}

/** A member's answer, line by line, until it ends or is cut. */
export interface Stream {
  endpoint: string;
  lines: AsyncIterableIterator<unknown>;
  cut(): void;
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Whether nothing was sent. */
function isUnsent(error: unknown): boolean {
  const { message, cause } = error as Error & { cause?: Error };
  return /client error \(Connect\)|Connection refused/.test(`${message} ${cause?.message}`);
}

/**
 * An answer whose body ends with the signal.
 *
 * By itself it does until the runtime collects the request as garbage, and after that no more (Deno 2.9).
 */
function endingWith(signal: AbortSignal, response: Response): Response {
  return new Response(response.body?.pipeThrough(new TransformStream(), { signal }), response);
}

/** An endpoint without user and password. */
function baseOf(endpoint: string): string {
  const { protocol, host } = new URL(endpoint);
  return `${protocol}//${host}`;
}

export class EtcdGateway {
  readonly endpoints: readonly string[];
  readonly timeoutMs: number;
  readonly #attemptMs: number;
  readonly #login: { name: string; password: string } | undefined;
  readonly #http = Deno.createHttpClient({ poolIdleTimeout: 30_000 });
  /** What is under way, to be ended by `close()`. */
  readonly #open = new Set<AbortController>();
  #isClosed = false;
  #token: string | undefined;
  #preferred = 0;

  /** Endpoints such as http://127.0.0.1:2379, the first with user and password where etcd wants them. */
  constructor(endpoints: readonly string[], options: GatewayOptions = {}) {
    if (endpoints.length === 0 || !endpoints.every((endpoint) => /^https?:\/\//.test(endpoint))) {
      throw new TypeError(
        "Cannot use etcd: endpoints must be addresses such as http://127.0.0.1:2379: " +
          `received ${endpoints.join(",") || "none"}`,
      );
    }
    this.endpoints = endpoints.map(baseOf);
    this.timeoutMs = options.timeoutMs ?? 5000;
    this.#attemptMs = options.attemptMs ?? 1500;
    const { username, password } = new URL(endpoints[0]);
    if (username !== "") {
      this.#login = { name: decodeURIComponent(username), password: decodeURIComponent(password) };
    }
  }

  /** The member that is asked first. */
  get preferred(): string {
    return this.endpoints[this.#preferred];
  }

  /** Asks the member after this one first from now on. */
  avoid(endpoint: string): void {
    if (this.preferred === endpoint) {
      this.#preferred = (this.#preferred + 1) % this.endpoints.length;
    }
  }

  /** Calls a method of the gateway, for example `/v3/kv/put`. @throws {EtcdError} */
  async call<T>(path: string, body: unknown = {}, options: CallOptions = {}): Promise<T> {
    const { isRead = false, timeoutMs = this.timeoutMs } = options;
    const endMs = performance.now() + timeoutMs;
    const failures = new Map<string, string>();
    for (let attempt = 1;; attempt++) {
      const endpoint = this.preferred;
      const leftMs = endMs - performance.now();
      const limitMs = isRead && this.endpoints.length > 1
        ? Math.min(this.#attemptMs, leftMs)
        : leftMs;
      try {
        return await this.#ask<T>(endpoint, path, body, limitMs);
      } catch (error) {
        const { code, isUncertain, message } = error as EtcdError;
        const isPassing = code === "timeout" || code === "unavailable";
        if (this.#isClosed) throw error;
        if (isPassing) this.avoid(endpoint);
        if (!isPassing || (isUncertain && !isRead)) throw error;
        failures.set(endpoint, message);
        // All members were asked: let an election, or a start, go on.
        if (attempt % this.endpoints.length === 0) await sleep(100);
        if (performance.now() < endMs) continue;
        throw new EtcdError(
          code,
          `Cannot call ${path}: a member of etcd must take it within ${timeoutMs} ms: received ${
            [...failures.values()].map((text) =>
              text.replace(/^Cannot call \S+: |\. Without.*/g, "")
            ).join("; ")
          }`,
        );
      }
    }
  }

  /** Calls one member, without another attempt. */
  async callMember<T>(endpoint: string, path: string, body: unknown = {}): Promise<T> {
    return await this.#ask<T>(endpoint, path, body, this.#attemptMs);
  }

  async #ask<T>(endpoint: string, path: string, body: unknown, limitMs: number): Promise<T> {
    const abort = this.#newAbort();
    const timer = setTimeout(() => abort.abort(), Math.max(1, limitMs));
    try {
      const response = await this.#post(endpoint, path, body, abort.signal);
      const text = await response.text();
      const answer = JSON.parse(
        text.startsWith("{") ? text : JSON.stringify({ error: text.trim() }),
      );
      if (!response.ok || "error" in answer) throw errorOf(path, answer);
      return answer as T;
    } catch (error) {
      if (error instanceof EtcdError) throw error;
      if (this.#isClosed) throw this.#closedError();
      if (isUnsent(error)) {
        throw new EtcdError("unavailable", `Cannot call ${path}: no connection to ${endpoint}`);
      }
      const isLate = abort.signal.aborted;
      throw new EtcdError(
        isLate ? "timeout" : "unavailable",
        `Cannot call ${path}: ${endpoint} must answer within ${Math.round(limitMs)} ms: received ${
          isLate ? "nothing" : "a broken connection"
        }. Without a majority of its members etcd takes no writes`,
        true,
      );
    } finally {
      clearTimeout(timer);
      this.#open.delete(abort);
    }
  }

  #newAbort(): AbortController {
    if (this.#isClosed) throw this.#closedError();
    const abort = new AbortController();
    this.#open.add(abort);
    return abort;
  }

  async #post(
    endpoint: string,
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<Response> {
    if (this.#login !== undefined) this.#token ??= await this.#authenticate(endpoint, signal);
    const post = () =>
      fetch(endpoint + path, {
        client: this.#http,
        method: "POST",
        body: JSON.stringify(body),
        headers: this.#token === undefined ? {} : { Authorization: this.#token },
        signal,
      });
    const response = await post();
    if (response.status !== 401 || this.#login === undefined) return endingWith(signal, response);
    // The token ran out.
    await response.body?.cancel();
    this.#token = await this.#authenticate(endpoint, signal);
    return endingWith(signal, await post());
  }

  async #authenticate(endpoint: string, signal: AbortSignal): Promise<string> {
    const path = "/v3/auth/authenticate";
    const response = endingWith(
      signal,
      await fetch(endpoint + path, {
        client: this.#http,
        method: "POST",
        body: JSON.stringify(this.#login),
        signal,
      }),
    );
    const answer = await response.json();
    if (!response.ok) throw errorOf(path, answer);
    return answer.token;
  }

  /** Opens an answer that goes on, until the signal aborts; of one member, the preferred. @throws {EtcdError} */
  async stream(path: string, body: unknown, signal?: AbortSignal): Promise<Stream> {
    const endpoint = this.preferred;
    const abort = this.#newAbort();
    const cut = () => {
      signal?.removeEventListener("abort", cut);
      this.#open.delete(abort);
      abort.abort();
    };
    if (signal?.aborted) cut();
    signal?.addEventListener("abort", cut);
    // A member may take the call and never begin to answer.
    const timer = setTimeout(cut, this.#attemptMs);
    try {
      const response = await this.#post(endpoint, path, body, abort.signal);
      if (!response.ok) throw errorOf(path, await response.json());
      return { endpoint, lines: readJsonLines(response.body!), cut };
    } catch (error) {
      cut();
      if (error instanceof EtcdError) throw error;
      if (this.#isClosed) throw this.#closedError();
      throw new EtcdError("unavailable", `Cannot call ${path}: no connection to ${endpoint}`);
    } finally {
      clearTimeout(timer);
    }
  }

  #closedError(): EtcdError {
    return new EtcdError("unavailable", "Cannot use etcd: its client must be open: received close");
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Ends calls and streams. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const abort of this.#open) abort.abort();
    this.#http.close();
  }
}
