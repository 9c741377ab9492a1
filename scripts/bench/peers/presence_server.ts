/**
 * Our gateway as a process that sends changes on demand; see `fanout.ts`.
 *
 * Its argument is the window in ms. Changes enter at the bus, so that the cache plays no part, as in the peer.
 *
 * @module
 */
import { LocalBus } from "../../../lib/systems/presence/bus.ts";
import { Gateway } from "../../../lib/systems/presence/gateway.ts";
import type { PresenceStore } from "../../../lib/systems/presence/store.ts";
import { serveChanges } from "./serve_changes.ts";

const noCache = {
  epoch: () => Promise.reject(new Error("no cache")),
} as unknown as PresenceStore;
const bus = new LocalBus();
const windowMs = Number(Deno.args[0]);
const gateway = new Gateway({ store: noCache, bus, nowMs: Date.now, name: "bench", windowMs });
await serveChanges(Number(new URL(gateway.url).port), (userId, state, sinceMs) => {
  bus.publish({ userId, state, sinceMs, version: sinceMs, source: "app", atMs: sinceMs });
});
await gateway.stop();
