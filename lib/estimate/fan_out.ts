/**
 * Fan-out: one event to many receivers, one by one or gathered into frames.
 *
 * Without a window every event is a delivery of its own to every receiver. With one, a receiver gets
 * at most one frame per window, which saves frames and headers, not payload, and costs up to the
 * window in delay, half of it on average.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fanOut } from "lib/estimate/fan_out.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * const log = { events: quantity(500, "lines/s"), receivers: 10_000, size: quantity(220, "B") };
 * const single = fanOut(log);
 * assertEquals(`${single.frames} ${single.egress.to("Gbit/s")}`, "5 M/s 8.8 Gbit/s");
 * const batched = fanOut({ ...log, window: quantity(100, "ms") });
 * assertEquals(`${batched.frames} of ${batched.frameSize}`, "100 k/s of 11 kB");
 * ```
 */
import { type Quantity, quantity } from "./quantity.ts";

/** Events that all go to the same receivers. */
export interface Broadcast {
  readonly events: Quantity<"rate">;
  readonly receivers: number | Quantity;
  /** Payload of one event. */
  readonly size: Quantity<"information">;
  /** Gathers a receiver's events this long; none by default. */
  readonly window?: Quantity<"time">;
  /** Added to every frame. */
  readonly header?: Quantity<"information">;
}

/** What leaves the sender. */
export interface FanOut {
  /** Frames in all, per second. */
  readonly frames: Quantity<"rate">;
  readonly frameSize: Quantity<"information">;
  readonly egress: Quantity<"bandwidth">;
  /** Mean time that an event waits for its frame to leave. */
  readonly delay: Quantity<"time">;
}

/**
 * Returns the frames and the bandwidth of a broadcast.
 *
 * @throws {RangeError} When an amount is negative.
 */
export function fanOut(broadcast: Broadcast): FanOut {
  const { size, window = quantity(0, "s"), header = quantity(0, "B") } = broadcast;
  const receivers = typeof broadcast.receivers === "number"
    ? broadcast.receivers
    : broadcast.receivers.in("1");
  const events = broadcast.events.to("/s");
  const amounts = [events.value, receivers, size.value, window.value, header.value];
  const negative = amounts.find((amount) => !(amount >= 0));
  if (negative !== undefined) {
    throw new RangeError(
      `Cannot estimate fan-out: amounts must be at least 0: received ${negative}`,
    );
  }
  const gathered = Math.max(1, events.times(window).in("1"));
  const frames = quantity(events.value / gathered * receivers, "/s");
  const frameSize = size.times(gathered).plus(header);
  const delay = gathered > 1 ? window.times(0.5) : window.times(0);
  return { frames, frameSize, egress: frames.times(frameSize), delay };
}
