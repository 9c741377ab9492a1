import { assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import {
  OutOfOrderSequenceError,
  ProducerFencedError,
  ProducerState,
} from "lib/systems/commit_log/producer_state.ts";

Deno.test("ProducerState knows duplicates of the last five batches, and refuses older ones", () => {
  const state = new ProducerState();
  for (let n = 0; n < 8; n++) state.note({ id: 1, epoch: 0, sequence: n * 10 }, 10, 100 + n);
  for (let n = 3; n < 8; n++) {
    assertEquals(state.duplicateOf({ id: 1, epoch: 0, sequence: n * 10 }, 10), 100 + n);
  }
  assertThrows(
    () => state.duplicateOf({ id: 1, epoch: 0, sequence: 20 }, 10),
    OutOfOrderSequenceError,
    "Cannot append batch of producer 1: sequence must be 80: received 20",
  );
});

Deno.test("ProducerState refuses a gap, fences an old epoch, begins anew with a new one", () => {
  const state = new ProducerState();
  state.note({ id: 1, epoch: 4, sequence: 0 }, 3, 0);
  assertThrows(
    () => state.duplicateOf({ id: 1, epoch: 4, sequence: 5 }, 1),
    OutOfOrderSequenceError,
  );
  assertThrows(
    () => state.duplicateOf({ id: 1, epoch: 3, sequence: 3 }, 1),
    ProducerFencedError,
    "epoch must be at least 4: received 3",
  );
  assertThrows(
    () => state.duplicateOf({ id: 1, epoch: 5, sequence: 3 }, 1),
    OutOfOrderSequenceError,
  );
  assertEquals(state.duplicateOf({ id: 1, epoch: 5, sequence: 0 }, 1), undefined);
});

Deno.test("ProducerState counts on behind the largest sequence number", () => {
  const state = new ProducerState();
  state.note({ id: 1, epoch: 0, sequence: 0x7ffffffe }, 3, 0);
  assertEquals(state.duplicateOf({ id: 1, epoch: 0, sequence: 1 }, 1), undefined);
});

Deno.test("ProducerState makes any order of retried batches the order of sending, each once", () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = stream(seed, "retries"), state = new ProducerState(), appended: number[] = [];
    let next = 0;
    // Up to five batches are on their way; the network delivers any of them, any number of times.
    while (next < 40) {
      const sequence = next + integer(random, 5) - integer(random, 4);
      if (sequence < Math.max(0, next - 5) || sequence >= 40) continue;
      try {
        if (state.duplicateOf({ id: 1, epoch: 0, sequence }, 1) !== undefined) continue;
        if (appended.length === 0 && sequence > 0) continue; // a new producer begins with 0
        state.note({ id: 1, epoch: 0, sequence }, 1, sequence);
        appended.push(sequence);
        next = sequence + 1;
      } catch (error) {
        if (!(error instanceof OutOfOrderSequenceError)) throw error;
      }
    }
    assertEquals(appended, Array.from({ length: 40 }, (_, n) => n));
  }
});
