import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { nginx, parseStatus } from "../../../lib/services/nginx.ts";
import { findSystemProgram } from "../../../lib/services/system_programs.ts";
import { withinOneRun } from "./one_run.ts";

const isThere = findSystemProgram("nginx").length > 0;
const test = withinOneRun({ isThere });

async function ask(url: string): Promise<string> {
  return await (await fetch(url, { headers: { connection: "close" } })).text();
}

/** A server that says a text. */
function saying(text: string): (port: number) => string {
  return (port) => `server { listen 127.0.0.1:${port}; location / { return 200 "${text}"; } }`;
}

test("nginx() caches what a process of ours serves", async () => {
  let served = 0;
  await using origin = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    served++;
    return new Response(`version ${served}`, { headers: { "cache-control": "max-age=60" } });
  });
  await using edge = await nginx({
    config: (port) => `
  proxy_cache_path cache keys_zone=edge:1m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${origin.addr.port};
      proxy_cache edge;
      proxy_cache_lock on;
    }
  }`,
  });
  assertMatch(
    edge.description,
    /^nginx \d+\.\d+\.\d+, private, nginx from the (PATH|system's packages)$/,
  );
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(edge.url)));
  assertEquals([new Set(answers), served], [new Set(["version 1"]), 1]);
  const { requests } = await edge.status();
  assert(requests >= 21, `${requests}`);
});

test("NginxService.reload() changes it for new connections, and refuses a wrong configuration", async () => {
  await using edge = await nginx({ config: saying("one"), workers: 2 });
  assertEquals(await ask(edge.url), "one");
  await edge.reload(saying("two"));
  for (let i = 0; i < 5; i++) assertEquals(await ask(edge.url), "two");
  const error = await assertRejects(
    () => edge.reload(() => "nonsense on;"),
    Error,
    "its configuration must be valid: received this from its checker",
  );
  assertMatch(error.message, /unknown directive "nonsense"/);
  await edge.reload();
  assertEquals(await ask(edge.url), "two");
});

test("NginxService.node: killed, paused, restarted, with all of its workers", async () => {
  await using edge = await nginx({ config: saying("here"), proxy: true });
  await edge.node.kill();
  await assertRejects(() => ask(edge.url), TypeError);
  await edge.node.restart();
  assertEquals(await ask(edge.url), "here");
  await edge.node.pause();
  await assertRejects(() => fetch(edge.url, { signal: AbortSignal.timeout(200) }), DOMException);
  await edge.node.resume();
  assertEquals(await ask(edge.url), "here");
  edge.proxy.set({ refuse: true });
  edge.proxy.drop();
  await assertRejects(() => ask(edge.url), TypeError);
});

test("nginx() with files and further ports; a wrong configuration shows nginx's words", async () => {
  await using edge = await nginx({
    ports: ["second"],
    files: { "page.html": "a page" },
    config: (port, { second }) => `
  server { listen 127.0.0.1:${port}; root .; location = / { try_files /page.html =404; } }
  server { listen 127.0.0.1:${second}; location / { return 200 "second"; } }`,
  });
  assertEquals(await ask(edge.url), "a page");
  assertEquals(await ask(`http://127.0.0.1:${edge.ports.second}`), "second");
  const error = await assertRejects(() => nginx({ config: () => "server { listen" }), Error);
  assertMatch(error.message, /^Cannot start nginx-\d+: its configuration must be valid/);
  assertMatch(error.message, /unexpected "}"|unexpected end of file/);
  await assertRejects(() => nginx({ config: () => "", workers: 0 }), RangeError, "received 0");
});

Deno.test("parseStatus() reads what stub_status answers", () => {
  const text = "Active connections: 2 \nserver accepts handled requests\n 10 9 31 \n" +
    "Reading: 0 Writing: 1 Waiting: 1 \n";
  assertEquals(parseStatus(text), { active: 2, accepted: 10, handled: 9, requests: 31 });
});
