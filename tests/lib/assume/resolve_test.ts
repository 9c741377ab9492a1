import { assert, assertEquals, assertThrows } from "@std/assert";
import { checkDeclarations } from "lib/assume/check_declarations.ts";
import type { Changes, Declarations } from "lib/assume/declaration.ts";
import { AssumptionError, resolve } from "lib/assume/resolve.ts";
import { parseQuantity } from "lib/estimate/quantity.ts";
import { pick, stream } from "lib/sim/random.ts";
import { presence } from "./presence.ts";

function valuesOf(changes: Changes): Record<string, number | string> {
  return Object.fromEntries(resolve(presence, changes).map(({ name, value }) => [name, value]));
}

function messageOf(changes: Changes, declared: Declarations = presence): string {
  return assertThrows(() => resolve(declared, changes), AssumptionError).message;
}

Deno.test("resolve() without changes gives the defaults, in the declared order and units", () => {
  const resolved = resolve(presence, {});
  assertEquals(resolved.map(({ name }) => name), Object.keys(presence));
  assert(resolved.every(({ value, default: usual, changed }) => value === usual && !changed));
  assertEquals(resolved[2], {
    name: "heartbeat",
    value: 1.5,
    unit: "s",
    default: 1.5,
    range: [0.25, 60],
    source: "5 s until offline",
    changed: false,
  });
  assertEquals(resolved[6], {
    name: "lossModel",
    value: "bernoulli",
    unit: "",
    default: "bernoulli",
    options: ["bernoulli", "bursts"],
    source: "radio fades",
    changed: false,
  });
  assertEquals(resolved[7].options, ["true", "false"]);
  assertEquals([resolved[8].value, resolved[8].unit], [1, "1"]);
});

Deno.test("resolve() reads changes in any unit of the dimension, and bare numbers in the declared one", () => {
  const changes: [Changes, string, number | string][] = [
    [{ heartbeat: "5 s" }, "heartbeat", 5],
    [{ heartbeat: "5s" }, "heartbeat", 5],
    [{ heartbeat: "500 ms" }, "heartbeat", 0.5],
    [{ heartbeat: "1 min" }, "heartbeat", 60],
    [{ heartbeat: 2 }, "heartbeat", 2],
    [{ heartbeat: "2" }, "heartbeat", 2],
    [{ connections: "10 M devices" }, "connections", 10e6],
    [{ connections: "10 M" }, "connections", 10e6],
    [{ connections: "1e7" }, "connections", 1e7],
    [{ connections: "10,000,000 device" }, "connections", 1e7],
    [{ loss: "2 %" }, "loss", 2],
    [{ loss: "2" }, "loss", 2],
    [{ loss: "0.02 x" }, "loss", 2],
    [{ push: "0.25 s" }, "push", 250],
    [{ misses: "5" }, "misses", 5],
    [{ lossModel: "bursts" }, "lossModel", "bursts"],
    [{ lossModel: " bursts " }, "lossModel", "bursts"],
    [{ jitter: false }, "jitter", "false"],
    [{ jitter: "false" }, "jitter", "false"],
    [{ seed: 42 }, "seed", 42],
  ];
  for (const [change, name, value] of changes) {
    const entry = resolve(presence, change).find((assumption) => assumption.name === name)!;
    assertEquals([entry.value, entry.changed], [value, true], Deno.inspect(change));
    assertEquals(resolve(presence, change).filter(({ changed }) => changed).length, 1);
  }
});

Deno.test("resolve() does not call an assumption changed that was set to its default", () => {
  const same = {
    heartbeat: "1500 ms",
    loss: "1 %",
    lossModel: "bernoulli",
    jitter: true,
    misses: 3,
  };
  assert(resolve(presence, same).every(({ changed }) => !changed));
});

Deno.test("resolve() accepts both ends of a range", () => {
  assertEquals(valuesOf({ heartbeat: "250 ms", loss: "30 %" }).heartbeat, 0.25);
  assertEquals(valuesOf({ heartbeat: "60 s", loss: "0 %" }).loss, 0);
});

Deno.test("resolve() says what is wrong with one change, and the way out", () => {
  const wrong: [Changes, string][] = [
    [
      { hartbeat: "5 s" },
      'Cannot change assumption: hartbeat must be the name of an assumption: received "hartbeat"; did you mean heartbeat?',
    ],
    [{ connection: 5 }, "did you mean connections"],
    [{ colour: 5 }, "there are connections, connectionsPerGateway, heartbeat, misses, push,"],
    [{ constructor: 5 }, 'constructor must be the name of an assumption: received "constructor"'],
    [
      { heartbeat: "13 GB" },
      'Cannot change assumption: heartbeat must be in s, such as 1.5 s: received "13 GB"',
    ],
    [{ heartbeat: "5 k" }, 'heartbeat must be in s, such as 1.5 s: received "5 k"'],
    [{ connections: "5 users" }, "connections must be in devices, such as 50 M devices"],
    [{ loss: "5 s" }, 'loss must be in %, such as 1 %: received "5 s"'],
    [{ misses: "5 s" }, 'misses must be a number, such as 3: received "5 s"'],
    [
      { heartbeat: "soon" },
      'received "soon"; cannot read quantity: text must be a number and a unit',
    ],
    [{ heartbeat: "5 secnds" }, "did you mean s?"],
    [{ heartbeat: "5 m" }, "write min (minutes)"],
    [{ heartbeat: true }, "heartbeat must be in s, such as 1.5 s: received true"],
    [{ heartbeat: NaN }, "heartbeat must be in s, such as 1.5 s: received null"],
    [{ heartbeat: "1,5 s" }, 'received "1,5 s"'],
    [{ heartbeat: "2 min" }, "heartbeat must be from 250 ms to 60 s: received 2 min"],
    [{ heartbeat: -1 }, "heartbeat must be from 250 ms to 60 s: received −1 s"],
    [{ loss: "31 %" }, "loss must be from 0 % to 30 %: received 31 %"],
    [{ misses: 2.5 }, "misses must be a whole number: received 2.5"],
    [
      { lossModel: "burst" },
      'lossModel must be bernoulli or bursts: received "burst"; did you mean bursts?',
    ],
    [{ lossModel: "poisson" }, 'lossModel must be bernoulli or bursts: received "poisson"'],
    [{ jitter: "yes" }, 'jitter must be true or false: received "yes"'],
  ];
  for (const [changes, message] of wrong) {
    const said = messageOf(changes);
    assert(said.includes(message), `${said}\ndoes not say\n${message}`);
  }
});

Deno.test("resolve() lists all problems in one error", () => {
  const message = messageOf({ hartbeat: "5 s", loss: "45 %", lossModel: "x", connections: "9 GB" });
  assertEquals(message.split("\n"), [
    "Cannot change assumptions:",
    '- hartbeat must be the name of an assumption: received "hartbeat"; did you mean heartbeat?',
    '- connections must be in devices, such as 50 M devices: received "9 GB"',
    "- loss must be from 0 % to 30 %: received 45 %",
    '- lossModel must be bernoulli or bursts: received "x"',
  ]);
});

Deno.test("resolve() gives back what it is told, whatever the unit it is told in", () => {
  const random = stream(61);
  const units = { heartbeat: ["ms", "s", "min"], push: ["us", "ms", "s"], loss: ["%", "ppm", "x"] };
  for (let i = 0; i < 300; i++) {
    const [name, among] = pick(random, Object.entries(units));
    const { range: [low, high], unit } = presence[name as "push"];
    const wanted = parseQuantity(`${low + random() * (high - low)} ${unit}`);
    const text = wanted.to(pick(random, among)).toString({ digits: 15 });
    const got = valuesOf({ [name]: text })[name] as number;
    assert(Math.abs(got / wanted.value - 1) < 1e-12, `${text}: ${got}`);
  }
});

Deno.test("checkDeclarations() lists all mistakes of an author", () => {
  const message = assertThrows(() =>
    checkDeclarations({
      Heart_beat: { default: 1, unit: "s", range: [0, 2], source: "x" },
      loss: { default: 40, unit: "%", range: [0, 30], source: "" },
      size: { default: 1, unit: "KB", range: [0, 2], source: "x" },
      rate: { default: 1, unit: "/s", range: [2, 2], source: "x" },
      misses: { default: 2.5, range: [1, 10], whole: true, source: "x" },
      model: { default: "a", options: ["b", "c"], source: "x" },
    }), RangeError).message;
  assertEquals(message.split("\n"), [
    "Cannot declare assumptions:",
    '- Heart_beat: name must be camelCase: received "Heart_beat"',
    "- loss: source must say why or who: received nothing",
    "- loss: default must be from 0 % to 30 %: received 40 %",
    '- size: Cannot read unit "KB": unit must be unambiguous: received "KB"; write kB (1,000 B) or KiB (1,024 B)',
    "- rate: range must rise: received 2 /s to 2 /s",
    "- misses: default must be whole: received 2.5",
    '- model: default must be one of b, c: received "a"',
  ]);
  checkDeclarations(presence);
});
