/** A gateway over lines in memory, for tests. */
import { type GatewayOptions, StreamGateway } from "lib/systems/stream_gateway/gateway.ts";
import { type Line, MemorySource } from "lib/systems/stream_gateway/source.ts";

export const line = (offset: number, text = `line ${offset}`, level = "info"): Line => ({
  offset,
  json: JSON.stringify({ offset, level, message: text }),
  text: `${text}\n`,
  level,
  step: offset % 2 === 0 ? "build" : "test",
  receivedMs: Date.now(),
});

/** Tokens are tenant names here, or `TENANT@EXPIRY`. */
export async function serveLines(options: Partial<GatewayOptions> = {}) {
  const source = new MemorySource();
  source.open("acme.1");
  const gateway = await StreamGateway.start({
    source,
    nowMs: Date.now,
    cursorSecret: "test",
    authorise: (token) => {
      const [tenant, expiresMs] = token.split("@");
      if (tenant === "") throw new Error("no token");
      return { tenant, expiresMs: expiresMs ? Number(expiresMs) : Infinity };
    },
    canRead: (tenant, channel) => channel.startsWith(`${tenant}.`),
    flushMs: 10,
    ...options,
  });
  let next = 0;
  const append = (count: number, text?: string) => {
    source.append("acme.1", Array.from({ length: count }, () => line(next++, text)));
  };
  return {
    source,
    gateway,
    append,
    url: `${gateway.url}/deployments/acme.1`,
    [Symbol.asyncDispose]: () => gateway.stop(),
  };
}

/** Waits for something to become true; a busy machine may take its time. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 60_000; !await what();) {
    if (performance.now() > endMs) throw new Error(`Cannot wait any longer for ${what}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}
