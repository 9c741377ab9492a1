import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { fair, fifo, lifo, priority, type Queue, Waiting } from "lib/sim/queue.ts";
import { stream } from "lib/sim/random.ts";

const names = (queue: Queue<Waiting>, label: Map<Waiting, string>) => {
  const order: string[] = [];
  for (let one = queue.pop(); one; one = queue.pop()) order.push(label.get(one)!);
  return order.join("");
};

/** Pushes a, b, c … with these options, and removes those named. */
function fill(
  queue: Queue<Waiting>,
  options: ConstructorParameters<typeof Waiting>[0][],
  gone = "",
) {
  const label = new Map<Waiting, string>();
  const all = options.map((option, i) => {
    const one = new Waiting(option);
    label.set(one, String.fromCharCode(97 + i));
    queue.push(one);
    return one;
  });
  for (const one of all) if (gone.includes(label.get(one)!)) queue.remove(one);
  assertEquals(queue.size, options.length - gone.length);
  return label;
}

const disciplines: [() => Queue, string, string][] = [
  [fifo, "abcdef", "bde"],
  [lifo, "fedcba", "edb"],
  [priority, "cfbdae", "bde"],
];
for (const [create, order, rest] of disciplines) {
  const options = [5, 2, 1, 2, 5, 1].map((priority) => ({ priority }));
  Deno.test(`${create.name}() serves in its order`, () => {
    const queue = create();
    assertEquals(names(queue, fill(queue, options)), order);
    assertEquals(queue.pop(), undefined);
  });
  Deno.test(`${create.name}() lets anyone leave: the first, the last, one between`, () => {
    const queue = create();
    assertEquals(names(queue, fill(queue, options, "acf")), rest);
    assertEquals(names(queue, fill(queue, options.slice(0, 1), "a")), "", "and is usable again");
    assertEquals(names(queue, fill(queue, options)), order);
  });
}

Deno.test("priority() refuses a priority that is no number", () => {
  assertThrows(() => priority().push(new Waiting({ priority: NaN })), RangeError, "received NaN");
});

Deno.test("fair() gives flows equal turns, however many each has sent", () => {
  const queue = fair();
  const flows = ["a", "a", "a", "a", "b", "b", "c"].map((flow) => ({ flow }));
  const label = fill(queue, flows);
  assertEquals(names(queue, label), "aegbfcd"); // a b c, a b, a, a
});

Deno.test("fair() shares by weight and cost while all flows have work", () => {
  const queue = fair({ gold: 3 });
  const random = stream(1, "costs");
  for (const flow of ["gold", "tin"]) {
    for (let i = 0; i < 2000; i++) queue.push(new Waiting({ flow, cost: random() }));
  }
  const served = { gold: 0, tin: 0 };
  for (let i = 0; i < 2000; i++) {
    const one = queue.pop()!;
    served[one.flow as keyof typeof served] += one.cost;
  }
  assertAlmostEquals(served.gold / served.tin, 3, 0.05);
});

Deno.test("fair() gives one who was idle no credit for the time that passed", () => {
  const queue = fair();
  for (let i = 0; i < 50; i++) {
    queue.push(new Waiting({ flow: "busy" }));
    queue.pop();
  }
  const flows = ["idle", "idle", "busy", "busy"].map((flow) => ({ flow }));
  const label = fill(queue, flows);
  assertEquals(
    names(queue, label).slice(0, 3).includes("c"),
    true,
    "busy gets its turn in between",
  );
});
