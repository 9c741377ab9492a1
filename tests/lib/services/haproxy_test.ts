import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { CertificateAuthority } from "../../../lib/services/certificates.ts";
import { haproxy, parseStatistics } from "../../../lib/services/haproxy.ts";
import { balancerConfig } from "../../../lib/services/haproxy_config.ts";
import { findSystemProgram } from "../../../lib/services/system_programs.ts";
import { closedPort, until, withinOneRun } from "./one_run.ts";

const isThere = findSystemProgram("haproxy").length > 0;
const test = withinOneRun({ isThere });

/** A process of ours: answers with its name, until told to be ill; holds what asks for /slow. */
function serve(name: string) {
  const slow = Promise.withResolvers<void>();
  const state = { isWell: true };
  const handler = async (request: Request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/slow") await slow.promise;
    if (pathname === "/health") return new Response(null, { status: state.isWell ? 200 : 503 });
    const who = request.headers.get("x-client-organization");
    return new Response(who === null ? name : `${name} for ${who}`);
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
  return {
    name,
    port: server.addr.port,
    state,
    answerSlow: slow.resolve,
    async [Symbol.asyncDispose]() {
      slow.resolve();
      await server.shutdown();
    },
  };
}

async function ask(url: string, path = ""): Promise<string> {
  return await (await fetch(url + path, { headers: { connection: "close" } })).text();
}

async function reasonOf(work: () => Promise<unknown>): Promise<string> {
  const error = await assertRejects(work, TypeError);
  return `${error.message} ${(error.cause as Error | undefined)?.message}`;
}

test("haproxy() shares requests out, leaves an ill server, and comes back to it", async () => {
  await using a = serve("a");
  await using b = serve("b");
  await using front = await haproxy({
    servers: [a, b],
    check: { path: "/health", intervalMs: 50 },
  });
  assertMatch(
    front.description,
    /^HAProxy \d+\.\d+\.\d+, private, haproxy from the (PATH|system's packages)$/,
  );
  const heard = async () => {
    const names = new Set<string>();
    for (let i = 0; i < 6; i++) names.add(await ask(front.url));
    return [...names].sort();
  };
  // A check that takes longer than its interval, as it may where the machine has other work, counts as a failure.
  const untilHeard = async (names: string, never?: string) =>
    await until(`${names} answer`, async () => {
      const all = await heard();
      assert(never === undefined || !all.includes(never), `${all}`);
      return all.join() === names;
    });
  await untilHeard("a,b");
  a.state.isWell = false;
  await front.waitFor("a", "DOWN");
  await untilHeard("b", "a");
  b.state.isWell = false;
  await front.waitFor("b", "DOWN");
  assertEquals((await fetch(front.url)).status, 503);
  a.state.isWell = b.state.isWell = true;
  await untilHeard("a,b");
});

test("HaproxyService.command() drains a server: what it has goes on, nothing new comes", async () => {
  await using a = serve("a");
  await using b = serve("b");
  await using front = await haproxy({ servers: [a, b], balance: "leastconn" });
  const slow = ask(front.url, "/slow");
  await until("one is busy", async () => {
    const rows = await front.statistics();
    return rows.some(({ server, sessions }) => server.length === 1 && sessions === 1);
  });
  const busy =
    (await front.statistics()).find(({ server, sessions }) =>
      server.length === 1 && sessions === 1
    )!.server;
  const other = busy === "a" ? "b" : "a";
  // Least connections: the idle one.
  assertEquals(await ask(front.url), other);
  assertEquals((await front.command(`set server servers/${busy} state drain`)).trim(), "");
  await front.waitFor(busy, "DRAIN");
  for (let i = 0; i < 4; i++) assertEquals(await ask(front.url), other);
  (busy === "a" ? a : b).answerSlow();
  assertEquals(await slow, busy);
  assertMatch(await front.command("no such command"), /Unknown command/);
});

test("HaproxyService.reload() loses no request, and keeps what holds when the new one is wrong", async () => {
  await using a = serve("a");
  await using b = serve("b");
  await using front = await haproxy({ servers: [a] });
  const slow = ask(front.url, "/slow");
  // Where something else goes wrong first, that is what is to be said.
  slow.catch(() => {});
  await until("it is on its way", async () => {
    return (await front.statistics()).some(({ server, sessions }) =>
      server === "a" && sessions === 1
    );
  });
  let isDone = false;
  const answers: string[] = [];
  const load = (async () => {
    while (!isDone) answers.push(await ask(front.url));
  })();
  load.catch(() => {});
  await front.reload({ servers: [b] });
  assertEquals(await ask(front.url), "b", "a new connection");
  isDone = true;
  await load;
  assertEquals([...new Set(answers)].filter((name) => !["a", "b"].includes(name)), []);
  a.answerSlow();
  assertEquals(await slow, "a", "what the old worker had begun");

  const error = await assertRejects(
    () =>
      front.reload({ config: (port) => `frontend f\n  bind 127.0.0.1:${port}\n  nonsense 1\n` }),
    Error,
    "its configuration must be valid: received this from its checker",
  );
  assertMatch(error.message, /unknown keyword 'nonsense' in 'frontend' section/);
  assertEquals(await ask(front.url), "b");
  await front.reload();
  assertEquals(await ask(front.url), "b");
});

test("haproxy() with mutual TLS lets in only who shows a certificate of its authority", async () => {
  await using a = serve("a");
  const [authority, foreign] = await Promise.all([
    CertificateAuthority.create(),
    CertificateAuthority.create("Foreign authority"),
  ]);
  const [server, right, wrong, expired] = await Promise.all([
    authority.issue("localhost"),
    authority.issue("agent", { organization: "tenant-7" }),
    foreign.issue("agent", { organization: "tenant-7" }),
    authority.issue("agent", { organization: "tenant-7", expired: true }),
  ]);
  const tls = { ...server, clientAuthority: authority.certificate };
  await using front = await haproxy({ servers: [a], tls });
  assertMatch(front.url, /^https:/);
  const askWith = async (own?: { certificate: string; key: string }) => {
    using client = Deno.createHttpClient({
      caCerts: [authority.certificate],
      ...(own && { cert: own.certificate, key: own.key }),
    });
    return await (await fetch(front.url, { client })).text();
  };
  assertEquals(await askWith(right), "a for tenant-7");
  assertMatch(await reasonOf(() => askWith()), /CertificateRequired|HandshakeFailure/);
  assertMatch(await reasonOf(() => askWith(wrong)), /UnknownCA/);
  assertMatch(await reasonOf(() => askWith(expired)), /CertificateExpired/);
});

test("HaproxyService.node: killed, paused, restarted; its proxy delays", async () => {
  await using a = serve("a");
  const front = await haproxy({ servers: [a], proxy: true });
  assertEquals(await ask(front.url), "a");
  await front.node.kill();
  await assertRejects(() => ask(front.url), TypeError);
  await front.node.restart();
  assertEquals(await ask(front.url), "a");
  await front.node.pause();
  await assertRejects(() => fetch(front.url, { signal: AbortSignal.timeout(200) }), DOMException);
  await front.node.resume();
  assertEquals(await ask(front.url), "a");
  front.proxy.set({ latencyMs: 30 });
  const startMs = performance.now();
  assertEquals(await ask(front.url), "a");
  assert(performance.now() - startMs >= 60);
  await front.node.pause();
  const closeMs = performance.now();
  await front.close();
  assert(performance.now() - closeMs < 20_000, "it is not asked to end in good order");
});

test("haproxy() with a configuration of its own: further ports, files, wrong ones refused", async () => {
  await using front = await haproxy({
    ports: ["second"],
    files: { "page.txt": "a page" },
    config: (port, { second }) =>
      `frontend f
  bind 127.0.0.1:${port}
  http-request return status 200 content-type text/plain file page.txt
frontend g
  bind 127.0.0.1:${second}
  http-request return status 200 content-type text/plain string "second"
`,
  });
  assertEquals(await ask(front.url), "a page");
  assertEquals(await ask(`http://127.0.0.1:${front.ports.second}`), "second");
  await assertRejects(() => haproxy({ servers: [] }), RangeError, "servers must be some");
  const error = await assertRejects(
    () => haproxy({ config: (port) => `frontend f\n  bind 127.0.0.1:${port} ssl crt none.pem\n` }),
    Error,
    "Cannot start haproxy-",
  );
  assertMatch(error.message, /none\.pem/);
});

Deno.test("balancerConfig() writes checks, weights and spares", () => {
  const servers = [{ port: 1, weight: 3 }, { hostname: "localhost", port: 2, isBackup: true }];
  const text = balancerConfig({
    servers,
    mode: "tcp",
    balance: "leastconn",
    check: { postgresUser: "me", intervalMs: 100, fall: 3, rise: 2 },
  }, closedPort());
  assertMatch(text, /balance leastconn\n {2}option pgsql-check user me\n/);
  assertMatch(text, /server s1 127\.0\.0\.1:1 check inter 100 fall 3 rise 2 weight 3\n/);
  assertMatch(text, /server s2 localhost:2 check inter 100 fall 3 rise 2 backup\n$/);
});

Deno.test("parseStatistics() reads what `show stat` answers", () => {
  const [row] = parseStatistics("# pxname,svname,qcur,scur,stot,status\nb,s1,1,2,30,UP 1/2\n\n");
  assertEquals(row, {
    proxy: "b",
    server: "s1",
    status: "UP",
    sessions: 2,
    totalSessions: 30,
    queued: 1,
    fields: { pxname: "b", svname: "s1", qcur: "1", scur: "2", stot: "30", status: "UP 1/2" },
  });
});
