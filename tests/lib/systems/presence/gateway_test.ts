import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { LocalBus } from "lib/systems/presence/bus.ts";
import type { State } from "lib/systems/presence/event.ts";
import { decodeFrame } from "lib/systems/presence/frame.ts";
import { Gateway, type GatewayOptions } from "lib/systems/presence/gateway.ts";
import { HeartbeatDaemon, type HeartbeatOptions } from "lib/systems/presence/heartbeat.ts";
import type { Answer } from "lib/systems/presence/service.ts";
import { PresenceStore } from "lib/systems/presence/store.ts";
import { stream } from "lib/sim/random.ts";
import { eventually, testWithRedis } from "./redis.ts";
import { RunningClock } from "./running_clock.ts";

/** Redis may take its time: what happens when it does not answer, `service_test.ts` shows. */
const FAST = { heartbeatMs: 200, misses: 3, sweepMs: 40, windowMs: 40, storeTimeoutMs: 30_000 };
/** For streams that never beat. */
const PATIENT = { heartbeatMs: 60_000 };

/** Gateways on one Redis and one bus, and devices; all stopped at the end. */
async function withGateways(
  store: PresenceStore,
  body: (
    start: (options?: Partial<GatewayOptions>) => Gateway,
    device: (options: Partial<HeartbeatOptions> & { userId: string }) => HeartbeatDaemon,
    clock: RunningClock,
  ) => Promise<void>,
): Promise<void> {
  const bus = new LocalBus();
  const clock = new RunningClock();
  const gateways: Gateway[] = [];
  const devices: HeartbeatDaemon[] = [];
  const start = (options: Partial<GatewayOptions> = {}) => {
    const name = `k${gateways.length}`;
    const gateway = new Gateway({ store, bus, nowMs: clock.now, name, ...FAST, ...options });
    gateways.push(gateway);
    return gateway;
  };
  const device = (options: Partial<HeartbeatOptions> & { userId: string }) => {
    const daemon = new HeartbeatDaemon({
      url: () => gateways.at(-1)!.url,
      deviceId: "phone",
      random: stream(devices.length, "device"),
      nowMs: clock.now,
      heartbeatMs: FAST.heartbeatMs,
      backoff: { baseMs: 20, capMs: 100 },
      ...options,
    });
    devices.push(daemon);
    daemon.start();
    return daemon;
  };
  try {
    await body(start, device, clock);
  } finally {
    devices.forEach((daemon) => daemon.close());
    for (const gateway of gateways) await gateway.stop();
    await eventually("sockets are closed", () => devices.every((daemon) => daemon.closed));
    clock.stop();
  }
}

async function read(gateway: Gateway, ...userIds: string[]): Promise<Answer[]> {
  const response = await fetch(`${gateway.url}/presence?user_ids=${userIds}`);
  assertEquals(response.status, 200);
  return (await response.json()).users;
}
const states = (answers: Answer[]) => answers.map(({ state }) => state);

testWithRedis(
  "Gateway shows a device online, then offline within the worst case, not before",
  async (cache) => {
    await withGateways(new PresenceStore(cache.client), async (start, device, clock) => {
      const gateway = start();
      const seen: State[] = [];
      const bob = device({
        userId: "bob",
        watch: ["alice"],
        onChange: (_, state) => seen.push(state),
      });
      await eventually("bob is told of alice", () => seen.length === 1);
      const alice = device({ userId: "alice" });
      await eventually("alice is online", () => seen.length === 2);
      assertEquals(states(await read(gateway, "alice", "bob", "carol")), [
        "online",
        "online",
        "offline",
      ]);

      await eventually("alice has beaten", () => alice.stats.beats >= 2);
      clock.stop();
      alice.fallSilent();
      // To connect counts as a beat.
      const sent = () => 2 + bob.stats.beats + alice.stats.beats;
      await eventually("no beat is under way", () => gateway.sessions.stats.beats === sent());
      const { lastBeatMs } = [...gateway.sessions.connected()]
        .find(({ userId }) => userId === "alice")!;
      const { heartbeatMs, misses, sweepMs, windowMs } = FAST;
      clock.advance(lastBeatMs + misses * heartbeatMs - clock.now());
      await new Promise((resolve) => setTimeout(resolve, 5 * sweepMs));
      assertEquals(states(await read(gateway, "alice")), ["online"], "her time is not over");
      clock.advance(sweepMs);
      await eventually(
        "alice is offline",
        async () => states(await read(gateway, "alice"))[0] === "offline",
      );
      clock.advance(windowMs);
      await eventually("bob is told", () => seen.length === 3);
      assertEquals(seen, ["offline", "online", "offline"]);
    });
  },
);

testWithRedis(
  "Gateway tells goodbye at once, and a broken connection not at all",
  async (cache) => {
    await withGateways(new PresenceStore(cache.client), async (start, device, clock) => {
      const gateway = start();
      const seen: string[] = [];
      device({
        userId: "bob",
        watch: ["a", "b"],
        onChange: (id, state) => seen.push(`${id} ${state}`),
      });
      const [a, b] = ["a", "b"].map((userId) => device({ userId }));
      await eventually(
        "both are online",
        () => seen.includes("a online") && seen.includes("b online"),
      );
      seen.length = 0; // that they were offline before, too
      a.stop();
      await eventually("a is offline", () => seen.includes("a offline"));
      b.breakConnection();
      await eventually("b is back", () => b.stats.connects === 2 && b.connected);
      await clock.passes(4 * FAST.heartbeatMs);
      assert(!seen.includes("b offline"), `${seen}`);
      assertEquals(gateway.sessions.stats.falseOffline, 0);
    });
  },
);

testWithRedis(
  "Gateway answers bad requests with 400 and the rule, and writes nothing",
  async (cache) => {
    await withGateways(new PresenceStore(cache.client), async (start, _, clock) => {
      const gateway = start();
      await gateway.ready;
      const keysBefore = await cache.client.keys("*presence:*");
      const short = (count: number) => Array.from({ length: count }, (_, i) => i).join();
      for (const [list, count] of [[short(10_001), 10_001], [short(1001), 1001], ["", 0]]) {
        const response = await fetch(`${gateway.url}/presence?user_ids=${list}`);
        assertEquals(response.status, 400);
        const expected = `Cannot read presence: user_ids must be 1 to 1000 ids: received ${count}`;
        assertEquals(await response.json(), { error: expected });
      }
      assertEquals((await read(gateway, ...short(1000).split(","))).length, 1000);

      const override = {
        userId: "alice",
        deviceId: "web",
        sessionId: 1,
        seq: 0,
        state: "dnd",
        atMs: clock.now(),
        traceId: "t",
      };
      const post = async (body: string) => {
        const response = await fetch(`${gateway.url}/presence/override`, { method: "POST", body });
        return [response.status, (await response.json()).error] as const;
      };
      const bad: [string, string][] = [
        [JSON.stringify({ ...override, state: "asleep" }), "state must be one of"],
        [
          JSON.stringify({ ...override, seq: -1 }),
          "seq must be an integer of at least 0: received -1",
        ],
        [
          JSON.stringify({ ...override, expiresMs: clock.now() - 1 }),
          "expiresMs must be a time after now",
        ],
        [JSON.stringify({ ...override, source: "inferred" }), "source must be manual"],
        ["[1]", "userId must be 1 to 128 characters"],
        ["{", "JSON"],
      ];
      for (const [body, message] of bad) {
        const [status, error] = await post(body);
        assertEquals(status, 400, body);
        assertStringIncludes(error, message);
      }
      assertEquals((await post("x".repeat(5000)))[0], 413);
      assertEquals(await cache.client.keys("*presence:*"), keysBefore);
      assertEquals((await fetch(`${gateway.url}/presence/history`)).status, 400);
      assertEquals((await fetch(`${gateway.url}/presence/history?user_id=a`)).status, 404);
      assertEquals((await fetch(`${gateway.url}/presence/past`)).status, 404);
      assertEquals((await fetch(`${gateway.url}/presence/stream`)).status, 426);

      assertEquals((await post(JSON.stringify(override)))[0], 200);
      assertEquals(states(await read(gateway, "alice")), ["dnd"]);
      assertEquals((await post(JSON.stringify({ ...override, state: "online" })))[0], 200);
      assertEquals(states(await read(gateway, "alice")), ["dnd"], "an event that is not newer");
      assertEquals(gateway.service.stats.ignored, 1);
      await post(JSON.stringify({ ...override, seq: 1, state: "none" }));
      assertEquals(states(await read(gateway, "alice")), ["offline"], "revoked");
    });
  },
);

testWithRedis("Gateway complains about bad messages and goes on", async (cache) => {
  await withGateways(new PresenceStore(cache.client), async (start) => {
    const gateway = start(PATIENT);
    const socket = new WebSocket(
      `${gateway.url.replace("http", "ws")}/presence/stream?user_id=a&device_id=d&session_id=5`,
    );
    const answers: string[] = [];
    socket.onmessage = ({ data }) => answers.push(data);
    await new Promise((resolve) => socket.onopen = resolve);
    const messages: [string | Uint8Array<ArrayBuffer>, string][] = [
      ["nonsense", "a message must be b, bye or JSON: received nonsense"],
      ['{"subscribe":"alice"}', "subscribe and unsubscribe must be lists of user ids"],
      ['{"subscribe":[""]}', "must be lists of user ids"],
      ['{"state":"asleep","seq":1}', "state must be one of"],
      ['{"state":"away","seq":-1}', "seq must be an integer"],
      [new Uint8Array(3), "must be text"],
      ["x".repeat(300_000), "at most 256 Ki characters"],
      [
        JSON.stringify({ subscribe: Array.from({ length: 5001 }, (_, i) => `${i}`) }),
        "at most 5000 users: received 5001",
      ],
    ];
    for (const [message, complaint] of messages) {
      answers.length = 0;
      socket.send(message);
      await eventually(complaint, () => answers.length > 0);
      assertStringIncludes(JSON.parse(answers[0]).error, complaint);
    }
    socket.send('{"state":"away","seq":1}');
    await eventually("it still works", async () => states(await read(gateway, "a"))[0] === "away");
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
  });
});

testWithRedis(
  "Gateway closes a session that is not newer, and the one that is replaced",
  async (cache) => {
    await withGateways(new PresenceStore(cache.client), async (start) => {
      const gateways = [start(PATIENT), start(PATIENT)];
      for (const { ready } of gateways) await ready;
      const open = (gateway: Gateway, sessionId: number) => {
        const query = `user_id=a&device_id=d&session_id=${sessionId}`;
        const socket = new WebSocket(
          `${gateway.url.replace("http", "ws")}/presence/stream?${query}`,
        );
        const closed = new Promise<number>((resolve) =>
          socket.onclose = ({ code }) => resolve(code)
        );
        const opened = new Promise((resolve) => socket.onopen = resolve);
        return { socket, closed, opened };
      };
      const first = open(gateways[0], 5);
      await first.opened;
      await eventually("online", async () => states(await read(gateways[0], "a"))[0] === "online");
      assertEquals(await open(gateways[0], 5).closed, 4409);
      assertEquals(await open(gateways[1], 4).closed, 4409, "known from another gateway");
      const second = open(gateways[0], 6);
      assertEquals(await first.closed, 4409);
      await second.opened;
      assertEquals(second.socket.readyState, WebSocket.OPEN);
      second.socket.close();
      await second.closed;
    });
  },
);

testWithRedis("Gateway serves through FLUSHALL without an error", async (cache) => {
  await withGateways(new PresenceStore(cache.client), async (start, device, clock) => {
    const gateway = start();
    const users = Array.from({ length: 20 }, (_, i) => `user-${i}`);
    users.forEach((userId) => device({ userId }));
    const allOnline = (answers: Answer[]) => answers.every(({ state }) => state === "online");
    await eventually("all are online", async () => allOnline(await read(gateway, ...users)));
    await eventually("nothing is stale", async () => !(await read(gateway, ...users))[0].stale);
    clock.stop(); // others may still refill the cache for as long as no time passes
    await cache.client.flushall();
    let staleReads = 0;
    await eventually("fresh again", async () => {
      const answers = await read(gateway, ...users); // status 200, or it throws
      assert(allOnline(answers));
      const stale = answers.every((answer) => answer.stale);
      if (stale) staleReads++;
      if (gateway.service.stats.rebuilds === 2) clock.advance(10);
      return !stale;
    });
    assert(staleReads > 10);
    assertEquals(gateway.service.stats.rebuilds, 2);
  });
});

testWithRedis("Gateway bounds the buffer of a subscriber that stops reading", async (cache) => {
  await withGateways(new PresenceStore(cache.client), async (start, device, clock) => {
    const gateway = start({ windowMs: 0 });
    const users = Array.from({ length: 3000 }, (_, i) => `user-${i}`);
    const slow = await Deno.connect({
      hostname: "127.0.0.1",
      port: Number(new URL(gateway.url).port),
    });
    await writeAll(
      slow,
      new TextEncoder().encode(
        "GET /presence/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n" +
          "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      ),
    );
    await writeAll(slow, textFrame(JSON.stringify({ subscribe: users })));
    await eventually("it has subscribed", () => gateway.fanout.topics === 3000);
    const fast: State[] = [];
    device({ userId: "bob", watch: ["user-1"], onChange: (_, state) => fast.push(state) });
    await eventually("bob is told", () => fast.length > 0);

    const told = () => gateway.fanout.stats.bytes;
    let before = -1;
    let version = clock.now();
    const round = () => {
      version++;
      for (const userId of users) {
        const state = version % 2 === 0 ? "online" : "away";
        gateway.fanout.publish(
          { userId, state, sinceMs: version, version, source: "app", atMs: version },
          clock.now(),
        );
      }
      gateway.fanout.flush(clock.now());
    };
    for (let rounds = 0; rounds < 200 && told() - before > 1000; rounds++) {
      before = told();
      round();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert(told() - before <= 1000, "the slow subscriber is sent nothing more");
    assert(gateway.fanout.stats.maxBufferedBytes < 64 * 1024);
    assert(gateway.fanout.stats.maxBufferedBytes > 0, "it did stop reading");
    const heard = fast.length;
    round();
    await eventually("others are served as before", () => fast.length > heard);

    // It reads again, and gets a snapshot with the last state of everyone.
    const want = version % 2 === 0 ? "online" : "away";
    const latest = new Map<string, State>();
    await eventually("the snapshot has arrived", async () => {
      for (const frame of await readFrames(slow)) {
        for (const { userId, state } of decodeFrame(frame).changes) latest.set(userId, state);
      }
      return users.every((userId) => latest.get(userId) === want);
    });
    slow.close();
  });
});

testWithRedis("Gateway drains: devices move without a false alarm", async (cache) => {
  await withGateways(new PresenceStore(cache.client), async (start, device, clock) => {
    const [old, other] = [start(), start()];
    const gateways = [old];
    const users = Array.from({ length: 20 }, (_, i) => `user-${i}`);
    const wrong: string[] = [];
    const told = new Map<string, State>();
    const watcher = device({
      userId: "bob",
      url: other.url,
      watch: users,
      onChange(id, state) {
        told.set(id, state);
        if (state === "offline" && watcher.connected) wrong.push(id);
      },
    });
    const devices = users.map((userId) => device({ userId, url: () => gateways.at(-1)!.url }));
    await eventually(
      "all are online",
      async () => (await read(old, ...users)).every(({ state }) => state === "online"),
    );
    await eventually(
      "bob has heard of it",
      () => users.every((id) => told.get(id) === "online"),
    );
    wrong.length = 0;
    gateways.push(other);
    old.drain();
    await eventually(
      "all have moved",
      () => other.sessions.size === 21 && devices.every((daemon) => daemon.connected),
    );
    await clock.passes(4 * FAST.heartbeatMs);
    assertEquals(wrong, []);
    await eventually("the old gateway has let them go", () => old.sessions.size === 0);
    assertEquals(states(await read(other, ...users)), users.map(() => "online"));
  });
});

testWithRedis(
  "Gateway that crashes: its devices move, with at most one false alarm each",
  async (cache) => {
    await withGateways(new PresenceStore(cache.client), async (start, device, clock) => {
      const gateways = Array.from({ length: 5 }, () => start());
      for (const { ready } of gateways) await ready;
      const alive = [...gateways];
      const users = Array.from({ length: 25 }, (_, i) => `user-${i}`);
      const alarms = new Map<string, number>();
      const told = new Map<string, State>();
      device({
        userId: "bob",
        url: gateways[0].url,
        watch: users,
        onChange(id, state) {
          told.set(id, state);
          if (state === "offline") alarms.set(id, (alarms.get(id) ?? 0) + 1);
        },
      });
      users.forEach((userId, i) => device({ userId, url: () => alive[i % alive.length].url }));
      const allOnline = async () =>
        (await read(gateways[0], ...users)).every(({ state }) => state === "online");
      await eventually("all are online", allOnline);
      await eventually(
        "bob has heard of it",
        () => users.every((id) => told.get(id) === "online"),
      );
      alarms.clear(); // the snapshot of those who had not connected yet
      const [crashed] = alive.splice(4, 1);
      await crashed.stop();
      await eventually(
        "all have moved",
        () => alive.reduce((sum, gateway) => sum + gateway.sessions.size, 0) === 26,
      );
      await clock.passes(4 * FAST.heartbeatMs);
      assert([...alarms.values()].every((count) => count <= 1), `${[...alarms]}`);
      assert(await allOnline(), "0 wrong states at the end");
    });
  },
);

testWithRedis("Gateway exports its metrics", async (cache) => {
  await withGateways(new PresenceStore(cache.client), async (start, device) => {
    const gateway = start();
    const seen: State[] = [];
    device({ userId: "bob", watch: ["alice"], onChange: (_, state) => seen.push(state) });
    await eventually("bob listens", () => seen.length === 1);
    device({ userId: "alice" });
    await eventually("alice is online", () => seen.length === 2);
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    for (
      const line of [
        'presence_freshness_seconds_count{source="inferred"} 1',
        "presence_sessions 2",
        "presence_fanout_pushed_total 1",
        "presence_false_offline_total 0",
        "presence_errors_total 0",
      ]
    ) assertStringIncludes(text, `\n${line}\n`);
  });
});

/** A masked text frame, as a client sends it. */
function textFrame(text: string): Uint8Array {
  const payload = new TextEncoder().encode(text);
  const frame = new Uint8Array(8 + payload.length);
  frame.set([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255]); // mask 0: as it is
  frame.set(payload, 8);
  return frame;
}

/** One write may take less than all. */
async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
}

const unread = new WeakMap<Deno.Conn, Uint8Array>();

/** The text frames that have come in; skips the HTTP header in front of the first. */
async function readFrames(connection: Deno.Conn): Promise<string[]> {
  const chunk = new Uint8Array(256 * 1024);
  const length = await connection.read(chunk) ?? 0;
  const before = unread.get(connection);
  let bytes = new Uint8Array([...before ?? [], ...chunk.subarray(0, length)]);
  if (!before) {
    const header = new TextDecoder("latin1").decode(bytes).indexOf("\r\n\r\n");
    bytes = bytes.subarray(header + 4);
  }
  const frames: string[] = [];
  for (;;) {
    let [start, size] = [2, bytes[1]];
    if (size === 126) [start, size] = [4, bytes[2] << 8 | bytes[3]];
    if (!(bytes.length >= start + size)) break;
    if (bytes[0] === 0x81) {
      frames.push(new TextDecoder().decode(bytes.subarray(start, start + size)));
    }
    bytes = bytes.subarray(start + size);
  }
  unread.set(connection, bytes);
  return frames;
}

testWithRedis(
  "Gateway that was paused itself calls no device dead whose beats wait in its sockets",
  async (cache) => {
    await withGateways(new PresenceStore(cache.client), async (start, device, clock) => {
      const gateway = start({ sweepMs: 200 }); // time enough to read the sockets
      for (let n = 0; n < 20; n++) device({ userId: `user-${n}` });
      const { stats } = gateway.sessions;
      await eventually("all beat", () => stats.beats >= 60);
      const until = performance.now() + 1500; // the patience is 600 ms
      while (performance.now() < until);
      clock.advance(1500);
      const { beats } = stats;
      await eventually("all beat again", () => stats.beats >= beats + 60);
      assertEquals([stats.offline, gateway.service.stats.storeErrors], [0, 0]);
    });
  },
);
