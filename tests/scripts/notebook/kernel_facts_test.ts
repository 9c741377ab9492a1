/**
 * What we know about the Deno kernel and build on. When an upgrade of Deno breaks a test here, the named
 * fact has changed: look for the code that rests on it before the test is changed.
 */
import { assertEquals, assertGreater, assertMatch, assertStringIncludes } from "@std/assert";
import type { Message } from "../../../scripts/notebook/messages.ts";
import { formatNotebook, newNotebook } from "../../../scripts/notebook/nbformat.ts";
import { leavesNothing } from "./nothing_left.ts";
import { RawKernel } from "./raw_kernel.ts";

type Test = (kernel: RawKernel, folder: string) => Promise<void>;

function fact(name: string, test: Test, env: Record<string, string> = {}): void {
  Deno.test(`the kernel ${name}`, () =>
    leavesNothing(async ({ folder, pids }) => {
      const kernel = await RawKernel.start(folder, env);
      pids.push(kernel.pid);
      try {
        await test(kernel, folder);
      } finally {
        await kernel.kill();
      }
    }));
}

function plain(outputs: Message[]): string[] {
  return outputs.map(({ content }) => content.text ?? content.data?.["text/plain"]);
}

const broadcast = (text: string) =>
  `await Deno.jupyter.broadcast("display_data", ` +
  `{ data: { "text/plain": "${text}" }, metadata: {}, transient: {} });`;

const sleep = (ms: number) => `await new Promise((resolve) => setTimeout(resolve, ${ms}));`;

/** Runs Deno itself, as on a command line. */
async function deno(
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<{ code: number; text: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args,
    ...options,
    env: { NO_COLOR: "1", ...options.env },
  });
  const { code, stdout, stderr } = await command.output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

// Outputs get lost.

fact("sends idle before it has sent all outputs", async (kernel) => {
  let missing = 0;
  for (let i = 0; i < 10 && missing === 0; i++) {
    const { outputs } = await kernel.run("for (let i = 0; i < 2_000; i++) console.log(i);");
    missing = 2_000 - outputs.length;
  }
  assertGreater(missing, 0);
});

fact("puts outputs under another cell when cells are queued", async (kernel) => {
  let misplaced = 0;
  for (let round = 0; round < 10 && misplaced === 0; round++) {
    const cells = Array.from(
      { length: 60 },
      (_, i) => `for (let line = 0; line < 10; line++) console.log("${i}");`,
    );
    const outputs = await kernel.runAll(cells);
    misplaced = outputs.flatMap((of, i) => plain(of).filter((text) => text !== `${i}\n`)).length;
  }
  assertGreater(misplaced, 0);
});

fact("loses no awaited broadcast that 12 ms of quiet follow", async (kernel) => {
  const cells = Array.from({ length: 60 }, (_, i) => broadcast(`cell ${i}`) + sleep(12));
  const expected = cells.map((_, i) => [`cell ${i}`]);
  let shown: string[][] = [];
  // Where the machine stands still for longer than that, it proves nothing.
  for (let round = 0; round < 5 && `${shown}` !== `${expected}`; round++) {
    shown = (await kernel.runAll(cells)).map(plain);
  }
  assertEquals(shown, expected);
});

fact("sends outputs in the order in which they were made", async (kernel) => {
  const lines = Array.from({ length: 50 }, (_, i) => `console.log("${i}");${broadcast(`${i}`)}`);
  await kernel.run(lines.join("\n"));
  await kernel.settle();
  assertEquals(
    plain(kernel.outputs).map((text) => text.trim()),
    lines.flatMap((_, i) => [`${i}`, `${i}`]),
  );
});

// Errors.

fact("answers a cell that cannot be parsed with nothing but 'Execution failed'", async (kernel) => {
  const { reply, outputs } = await kernel.run("const b = (;");
  const { status, evalue, traceback } = reply;
  assertEquals([status, evalue, traceback], ["error", "Execution failed", []]);
  await kernel.settle();
  assertEquals([outputs, kernel.outputs], [[], []]);
});

fact("counts the lines of a traceback in the transpiled text", async (kernel) => {
  const { reply } = await kernel.run("type A = number;\n\n\nthrow new Error('line 4');");
  assertEquals(reply.traceback, ["Error: line 4", "    at <anonymous>:1:28"]);
});

fact("shows no null, NaN, Infinity or bigint result", async (kernel) => {
  for (const code of ["null", "NaN", "Infinity", "10n", "undefined"]) await kernel.run(code);
  await kernel.settle();
  assertEquals(kernel.outputs, []);
  await kernel.run("0");
  await kernel.settle();
  assertEquals(plain(kernel.outputs), ["0"]);
});

fact("swallows an unhandled rejection", async (kernel) => {
  const { reply } = await kernel.run(`void Promise.reject(new Error("lost")); ${sleep(50)}`);
  assertEquals(reply.status, "ok");
  await kernel.settle();
  assertEquals(kernel.outputs, []);
});

fact("keeps what a worker prints to itself", async (kernel) => {
  const { reply } = await kernel.run(
    `const url = URL.createObjectURL(new Blob(['console.log("lost"); postMessage("printed");']));
const worker = new Worker(url, { type: "module" });
await new Promise((resolve) => worker.onmessage = resolve);
worker.terminate();`,
  );
  await kernel.settle();
  assertEquals([reply.status, kernel.outputs], ["ok", []]);
});

fact("throws away what a cell writes to Deno.stdout", async (kernel) => {
  await kernel.run(`Deno.stdout.writeSync(new TextEncoder().encode("lost"));${sleep(100)}`);
  assertEquals(kernel.outputs, []);
  assertEquals(kernel.log.includes("lost"), false);
});

fact("keeps the report of Deno.test to itself, and a failing test is no error", async (kernel) => {
  const { reply } = await kernel.run(`Deno.test("beats", () => { throw new Error("missed"); });`);
  assertEquals(reply.status, "ok");
  await kernel.settle();
  assertEquals(kernel.outputs, []);
  for (let tries = 0; tries < 600 && !kernel.log.includes("missed"); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assertStringIncludes(kernel.log, "missed");
});

// Hangs.

const throwLater = `setTimeout(() => { throw new Error("late"); }, 5); ${sleep(50)}`;

fact("hangs for good when a timer throws while a cell awaits", async (kernel) => {
  assertEquals((await kernel.run(throwLater, 1_000)).reply, "no reply");
  assertEquals((await kernel.run("1", 1_000)).reply, "no reply");
});

fact("does not hang when a listener prevents the default of the error event", async (kernel) => {
  await kernel.run(`addEventListener("error", (event) => event.preventDefault());`);
  assertEquals((await kernel.run(throwLater)).reply.status, "ok");
});

fact("hangs for good when it is interrupted while a cell awaits", async (kernel) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  // What it shows comes from a timer: then the cell itself already awaits.
  const waiting = kernel.run(
    `const connection = await Deno.connect({ port: ${listener.addr.port} });
setTimeout(() => console.log("begun"), 20);
await connection.read(new Uint8Array(1));`,
  );
  using connection = await listener.accept();
  await kernel.shown("begun");
  await new Promise((resolve) => setTimeout(resolve, 100));
  const reply = await kernel.request("interrupt_request", {}, { channel: "control" });
  assertEquals(reply.status, "ok");
  await connection.write(new Uint8Array(1));
  const patience = new Promise((resolve) => setTimeout(() => resolve("no reply"), 1_500));
  assertEquals(await Promise.race([waiting, patience]), "no reply");
});

fact("can be interrupted in a loop, and keeps its variables", async (kernel) => {
  await kernel.run("const beats = 3;");
  const looping = kernel.run(`console.log("begun"); for (;;);`);
  await kernel.shown("begun");
  await kernel.request("interrupt_request", {}, { channel: "control" });
  assertEquals((await looping).reply.status, "error");
  await kernel.run("beats");
  await kernel.settle();
  assertEquals(plain(kernel.outputs), ["begun\n", "3"]);
});

fact("dies of SIGINT, which is how Jupyter stops a cell by default", async (kernel) => {
  Deno.kill(kernel.pid, "SIGINT");
  assertEquals((await kernel.exited).code, 130);
});

fact("dies without a reply when it runs out of memory", async (kernel) => {
  const running = kernel.run("const all = []; for (;;) all.push(new Array(1e4).fill(0.5));");
  const { signal } = await kernel.exited;
  assertMatch(String(signal), /^SIG/);
  await kernel.kill();
  assertEquals(await Promise.race([running.then(({ reply }) => reply), "none"]), "none");
}, { DENO_V8_FLAGS: "--max-old-space-size=160" });

// Names, modules, types.

fact("lets a name be declared again with the same keyword only", async (kernel) => {
  for (const keyword of ["const", "let", "var"]) {
    assertEquals((await kernel.run(`${keyword} ${keyword}1 = 1;`)).reply.status, "ok");
    assertEquals((await kernel.run(`${keyword} ${keyword}1 = 2;`)).reply.status, "ok");
  }
  for (const code of ["let const1 = 3;", "const let1 = 3;", "var const1 = 3;"]) {
    const { reply } = await kernel.run(code);
    assertStringIncludes(reply.evalue, "has already been declared", code);
  }
});

fact(
  "checks no types, and gives undefined for an import that does not exist",
  async (kernel, folder) => {
    await Deno.writeTextFile(`${folder}/beats.ts`, "export const beats = 3;");
    const code = `import { heartbeats } from "./beats.ts";
const n: number = "three";
${sleep(0)}
[typeof heartbeats, n].join(" ")`;
    assertEquals((await kernel.run(code)).reply.status, "ok");
    await kernel.settle();
    assertEquals(plain(kernel.outputs), ['"undefined three"']);
  },
);

fact("knows no import.meta", async (kernel) => {
  const { reply } = await kernel.run("import.meta.url");
  assertEquals(reply.evalue, "Cannot use 'import.meta' outside a module");
});

Deno.test("the kernel resolves imports from its cwd upward to deno.json", () =>
  leavesNothing(async ({ folder, pids }) => {
    await Deno.mkdir(`${folder}/notebooks/week-01`, { recursive: true });
    await Deno.mkdir(`${folder}/lib`);
    await Deno.writeTextFile(`${folder}/lib/beats.ts`, "export const beats = 3;");
    await Deno.writeTextFile(`${folder}/deno.json`, `{ "imports": { "lib/": "./lib/" } }`);
    const kernel = await RawKernel.start(`${folder}/notebooks/week-01`);
    pids.push(kernel.pid);
    await kernel.run(`import { beats } from "lib/beats.ts";\n${sleep(0)}\nbeats`);
    await kernel.settle();
    assertEquals(plain(kernel.outputs), ["3"]);
    await kernel.kill();
  }));

fact("colours its results unless NO_COLOR is set", async (kernel) => {
  await kernel.run("({ beats: 3 })");
  await kernel.settle();
  assertEquals(plain(kernel.outputs), ["{ beats: \x1b[33m3\x1b[39m }"]);
}, { NO_COLOR: "", FORCE_COLOR: "1" });

fact("closes every comm, so there are no widgets", async (kernel) => {
  const content = { comm_id: "c", target_name: "jupyter.widget", data: {} };
  assertEquals(await kernel.request("comm_open", content), { comm_id: "c", data: {} });
});

fact("describes itself as newNotebook() does", async (kernel) => {
  const { version: _version, ...language } =
    (await kernel.request("kernel_info_request", {})).language_info;
  assertEquals(newNotebook().metadata.language_info, language);
});

Deno.test("Deno.jupyter throws outside a kernel", async () => {
  const { code, text } = await deno(["eval", "Deno.jupyter.broadcast('stream', {})"]);
  assertEquals(code, 1);
  assertStringIncludes(text, "only available in `deno jupyter` subcommand");
});

Deno.test("compilerOptions.lib must include deno.unstable for Deno.jupyter", () =>
  leavesNothing(async ({ folder }) => {
    await Deno.writeTextFile(`${folder}/a.ts`, "Deno.jupyter;\n");
    const check = async (lib: string[]) => {
      const config = JSON.stringify({ compilerOptions: { lib } });
      await Deno.writeTextFile(`${folder}/deno.json`, config);
      return (await deno(["check", "a.ts"], { cwd: folder })).code;
    };
    assertEquals(await check(["deno.window"]), 1);
    assertEquals(await check(["deno.window", "deno.unstable"]), 0);
  }));

Deno.test("Deno's own kernelspec has no interrupt_mode and no env", () =>
  leavesNothing(async ({ folder }) => {
    const env = { XDG_DATA_HOME: folder, HOME: folder };
    assertEquals((await deno(["jupyter", "--install"], { env })).code, 0);
    const find = async (at: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const { name, isDirectory } of Deno.readDir(at)) {
        if (isDirectory) found.push(...await find(`${at}/${name}`));
        else if (name === "kernel.json") found.push(`${at}/${name}`);
      }
      return found;
    };
    const [file] = await find(folder);
    const spec = JSON.parse(await Deno.readTextFile(file));
    assertEquals(Object.keys(spec).sort(), ["argv", "display_name", "language"]);
  }));

Deno.test("deno lint and deno check do not read notebooks, and deno test finds nothing in them", () =>
  leavesNothing(async ({ folder }) => {
    const notebook = newNotebook([`Deno.test("beats", () => {\n  throw new Error("missed");\n});`]);
    await Deno.writeTextFile(`${folder}/beats.ipynb`, formatNotebook(notebook));
    const run = (...args: string[]) => deno([...args, "beats.ipynb"], { cwd: folder });
    assertStringIncludes((await run("lint")).text, "No target files found");
    assertEquals((await run("check")).code, 1);
    const tested = await run("test");
    assertEquals(tested.code, 0);
    assertStringIncludes(tested.text, "0 passed | 0 failed");
  }));

Deno.test("deno fmt formats notebooks, deno fmt --check refuses them until it has done so", () =>
  leavesNothing(async ({ folder }) => {
    const env = { DENO_DIR: `${folder}/cache` };
    const file = `${folder}/beats.ipynb`;
    const run = async (...args: string[]) => (await deno([...args, file], { env })).code;
    await Deno.writeTextFile(file, formatNotebook(newNotebook(["beats  (3)"])));
    assertEquals(await run("fmt"), 0);
    const formatted = formatNotebook(newNotebook(["beats(3);"]));
    assertEquals(await Deno.readTextFile(file), formatted);
    assertEquals(await run("fmt", "--check"), 0);
    await Deno.remove(env.DENO_DIR, { recursive: true });
    assertEquals(await run("fmt", "--check"), 1);
  }));
