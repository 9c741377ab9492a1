import { assertEquals } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import { type Waiter, WaitQueue } from "lib/systems/pool/wait_queue.ts";

Deno.test("WaitQueue is first in, first out within a priority, whoever leaves in between", () => {
  const random = stream(3, "queue");
  const queue = new WaitQueue<Waiter & { n: number }>();
  let model: (Waiter & { n: number })[] = [];
  for (let n = 0; n < 2000; n++) {
    const dice = random();
    if (dice < 0.5) {
      const one = { n, priority: Math.floor(random() * 3) };
      queue.push(one);
      model.push(one);
    } else if (dice < 0.7 && model.length > 0) {
      const [gone] = model.splice(Math.floor(random() * model.length), 1);
      queue.remove(gone);
    } else {
      const first = model.toSorted((a, b) => a.priority - b.priority)[0];
      assertEquals(queue.shift()?.n, first?.n);
      model = model.filter((one) => one !== first);
    }
    assertEquals(queue.size, model.length);
  }
});
