import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { BreakerOpen, call, type CallOptions } from "lib/sim/call.ts";
import { arrive, poisson } from "lib/sim/arrivals.ts";
import { TimedOut, within } from "lib/sim/combine.ts";
import { deterministic } from "lib/sim/distribution.ts";
import { Server } from "lib/sim/server.ts";
import { CircuitBreaker } from "lib/structures/circuit_breaker.ts";
import { ModelError } from "lib/sim/model_error.ts";
import { type Process, Simulation } from "lib/sim/simulation.ts";

/** Calls something of which attempt n takes `seconds[n - 1]`, negative ones fail after that time. */
function run(seconds: number[], options: CallOptions, limit = Infinity) {
  const sim = new Simulation();
  const seen: string[] = [];
  function* attempt(n: number): Process<number> {
    try {
      yield Math.abs(seconds[n - 1]);
      if (seconds[n - 1] < 0) throw new Error(`failure ${n}`);
      return n;
    } finally {
      seen.push(`${n} ends at ${sim.now}`);
    }
  }
  const calling = () => call(sim, attempt, options);
  const task = sim.spawn(function* () {
    try {
      const result = yield* (limit < Infinity ? within(sim, limit, calling()) : calling());
      return `${result} at ${sim.now}`;
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message} at ${sim.now}`;
    }
  });
  sim.run();
  return { result: task.value, seen };
}

Deno.test("call() without options is one attempt", () => {
  assertEquals(run([2], {}), { result: "1 at 2", seen: ["1 ends at 2"] });
  assertEquals(run([-2], {}).result, "Error: failure 1 at 2");
});

Deno.test("call() retries failures and time-outs, after its pauses", () => {
  const pauses: number[] = [];
  const backoff = (failed: number) => {
    pauses.push(failed);
    return failed * 10;
  };
  assertEquals(run([-1, 9, 1], { attempts: 4, timeout: 2, backoff }), {
    result: "3 at 34", // 1, 10, 2, 20, 1
    seen: ["1 ends at 1", "2 ends at 13", "3 ends at 34"],
  });
  assertEquals(pauses, [1, 2]);
});

Deno.test("call() throws the last error when its attempts are used up", () => {
  assertEquals(run([-1, -1, 9], { attempts: 2 }).result, "Error: failure 2 at 2");
  assertEquals(
    run([9, 9], { attempts: 2, timeout: 1 }).result,
    "TimedOut: attempt 2 took longer than 1 s at 2",
  );
});

Deno.test("call() can leave an attempt to itself when its time is up", () => {
  const options: CallOptions = { attempts: 2, timeout: 2, onTimeout: "abandon" };
  assertEquals(run([9, 1], options), {
    result: "2 at 3",
    seen: ["2 ends at 3", "1 ends at 9"],
  });
});

Deno.test("call() that is cancelled itself does not retry", () => {
  assertEquals(run([9, 9, 9], { attempts: 3, timeout: 5 }, 1), {
    result: "TimedOut: limited process took longer than 1 s at 1",
    seen: ["1 ends at 1"],
  });
});

Deno.test("call() asks its breaker before, and tells it after each attempt", () => {
  const log: unknown[] = [];
  const breaker = {
    allows: (now: number) => now < 2,
    record: (succeeded: boolean, now: number) => log.push([succeeded, now]),
  };
  const { result, seen } = run([-1, -1, 1], { attempts: 3, breaker });
  assertEquals(result, "BreakerOpen: circuit breaker is open at 2");
  assertEquals([seen.length, log], [2, [[false, 1], [false, 2]]]);
  assertEquals(new BreakerOpen() instanceof TimedOut, false);
});

Deno.test("call() with the workshop's circuit breaker and back-off spares a server that is down", () => {
  const [healthy, down] = [deterministic(0.01), deterministic(30)];
  /** Calls that reach the server during its outage from 100 s to 200 s, and when one succeeds again. */
  function outage(withBreaker: boolean) {
    const sim = new Simulation({ seed: 1 });
    const server = new Server(sim, { service: healthy, servers: 100 });
    const circuit = new CircuitBreaker({ window: 20, failureShare: 0.5, openMs: 5000 });
    const breaker = {
      allows: (now: number) => circuit.allow(now * 1000),
      record: (good: boolean, now: number) =>
        good ? circuit.succeed(now * 1000) : circuit.fail(now * 1000),
    };
    const random = sim.random("jitter");
    const wait = (failed: number) => 0.1 * 2 ** failed * random();
    let [reached, recovered] = [0, Infinity];
    arrive(sim, poisson(10), () =>
      sim.spawn(function* () {
        function* attempt(): Process<unknown> {
          if (sim.now > 100 && sim.now < 200) reached++;
          return yield* server.serve();
        }
        const options = { timeout: 1, attempts: 3, backoff: wait };
        try {
          yield* call(sim, attempt, withBreaker ? { ...options, breaker } : options);
          if (sim.now > 200) recovered = Math.min(recovered, sim.now);
        } catch (error) {
          if (!(error instanceof ModelError)) throw error;
        }
      }));
    sim.schedule(100, () => server.service = down);
    sim.schedule(200, () => server.service = healthy);
    sim.run({ until: 220 });
    return { reached, recovered, opened: circuit.opened, state: circuit.state(sim.now * 1000) };
  }
  const [bare, broken] = [outage(false), outage(true)];
  assertEquals([bare.opened, broken.opened >= 1, broken.state], [0, true, "closed"]);
  assertLess(broken.reached * 20, bare.reached);
  assertLess(broken.recovered, 200 + 5 + 2); // the probe after openMs finds it healthy
});

Deno.test("call() refuses less than one attempt", () => {
  const sim = new Simulation();
  sim.spawn(call(sim, function* () {
    yield 1;
  }, { attempts: 0 }));
  assertThrows(() => sim.run(), Error, "attempts must be 1 or more: received 0");
});

Deno.test("call() abandoned under overload: a retry storm keeps a server busy with dead requests", () => {
  /** Share of the calls that succeed at 1.2 times what the server can do for 100 s, then at 0.7. */
  const goodput = (onTimeout: "interrupt" | "abandon") => {
    const sim = new Simulation({ seed: 1 });
    const server = new Server(sim, { service: deterministic(0.02) });
    let [asked, good] = [0, 0];
    const ask = () =>
      sim.spawn(function* () {
        const late = sim.now > 200;
        asked += +late;
        try {
          yield* call(sim, () => server.serve(), { timeout: 1, attempts: 3, onTimeout });
          good += +late;
        } catch {
          // gives up after three attempts
        }
      });
    arrive(sim, poisson(25), ask, { name: "crowd", count: 25 * 100 });
    arrive(sim, poisson(35), ask, { name: "regulars" });
    sim.run({ until: 400 });
    return good / asked;
  };
  // With cancellation the load drops as soon as the crowd has gone. Without it the queue stays
  // longer than any patience: three attempts a call, none of them served in time.
  assertLess(0.99, goodput("interrupt"));
  assertLess(goodput("abandon"), 0.1);
});
