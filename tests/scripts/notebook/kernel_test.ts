import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { type CellResult, Kernel, type KernelOptions } from "../../../scripts/notebook/kernel.ts";
import type { Output } from "../../../scripts/notebook/notebook.ts";
import { leavesNothing } from "./nothing_left.ts";

/** These ports first; others when one of them has been taken meanwhile. */
function firstly(ports: number[]): KernelOptions["ports"] {
  return (attempt) => attempt === 1 ? ports : undefined;
}

/** Runs cells in a kernel of their own, ends it, and checks that nothing is left of it. */
async function withKernel(
  test: (
    kernel: Kernel,
    run: (code: string, timeoutMs?: number) => Promise<CellResult>,
    folder: string,
  ) => unknown,
  options: Partial<KernelOptions> = {},
): Promise<void> {
  await leavesNothing(async ({ folder, ports, pids }) => {
    const kernel = await Kernel.start({ cwd: folder, ports: firstly(ports), ...options });
    pids.push(kernel.pid);
    try {
      await test(kernel, (code, timeoutMs = 60_000) => kernel.execute(code, { timeoutMs }), folder);
    } finally {
      await kernel.shutdown();
    }
  });
}

function text(outputs: Output[]): string {
  return outputs.map((output) => output.output_type === "stream" ? output.text : "").join("");
}

function result(outputs: Output[]): unknown {
  const found = outputs.find((output) => output.output_type === "execute_result");
  return found?.data["text/plain"];
}

Deno.test("Kernel.execute() keeps state, counts cells and honours storeHistory", () =>
  withKernel(async (kernel, run) => {
    assertEquals((await run("const beats: number = 3;")).executionCount, 1);
    await kernel.execute("beats", { timeoutMs: 60_000, storeHistory: false });
    const second = await run("beats * 2");
    assertEquals([second.status, second.executionCount], ["ok", 2]);
    assertEquals(result(second.outputs), "6");
  }));

Deno.test("Kernel.execute() tells notebooks that they run headless, without colours", () =>
  withKernel(async (_, run) => {
    const { outputs } = await run(`[Deno.env.get("WORKSHOP_RUN"), Deno.env.get("RATE"), 1]`);
    assertEquals(result(outputs), `[ "1", "7", 1 ]`);
  }, { env: { RATE: "7" } }));

Deno.test("Kernel.execute() reports outputs as they come", () =>
  withKernel(async (kernel) => {
    const seen: string[] = [];
    const code = `console.log("first"); await new Promise((r) => setTimeout(r, 50)); "second"`;
    const onOutput = (output: Output) => seen.push(output.output_type);
    await kernel.execute(code, { timeoutMs: 60_000, onOutput });
    assertEquals(seen, ["stream", "execute_result"]);
  }));

Deno.test("Kernel.execute() updates a display of an earlier cell and clears outputs", () =>
  withKernel(async (_, run) => {
    const show = (type: string, value: string) =>
      `await Deno.jupyter.broadcast("${type}", { data: { "text/plain": "${value}" },
        metadata: {}, transient: { display_id: "bar" } });`;
    const first = await run(show("display_data", "10 %"));
    await run(show("update_display_data", "20 %"));
    assertEquals(first.outputs, [
      { output_type: "display_data", data: { "text/plain": "20 %" }, metadata: {} },
    ]);
    const clear = `await Deno.jupyter.broadcast("clear_output", { wait: true });`;
    const cleared = await run(`console.log("old"); ${clear} console.log("new");`);
    assertEquals(text(cleared.outputs), "new\n");
  }));

Deno.test("Kernel.execute() shows what a cell threw", () =>
  withKernel(async (_, run) => {
    const { status, error, outputs } = await run(
      `console.log("before"); throw new RangeError("x");`,
    );
    assertEquals([status, error?.name, error?.message], ["failed", "RangeError", "x"]);
    assertEquals(outputs.map((output) => output.output_type), ["stream", "error"]);
    assertEquals((await run("1 + 1")).status, "ok");
  }));

Deno.test("Kernel.execute() says what is wrong with a cell that cannot be parsed", () =>
  withKernel(async (_, run) => {
    const { status, error } = await run("const a = 1;\nconst b = (;");
    assertEquals([status, error?.name, error?.line], ["failed", "SyntaxError", 2]);
    assertEquals(error?.message, "Expression expected");
    assertStringIncludes(error!.traceback.join("\n"), "const b = (;");
  }));

Deno.test("Kernel.execute() ends an endless loop at its limit", () =>
  withKernel(async (kernel, run) => {
    const { status, error, outputs } = await run(`console.log("spin"); for (;;);`, 3_000);
    assertEquals([status, text(outputs)], ["timed out", "spin\n"]);
    assertEquals(
      error?.message,
      "The cell must end within 3 s: it was still running",
    );
    assert(kernel.ended);
    assertEquals((await run("1")).status, "kernel died");
  }));

Deno.test("Kernel.execute() ends a cell that awaits for ever at its limit", () =>
  withKernel(async (_, run) => {
    assertEquals((await run("await new Promise(() => {});", 1_000)).status, "timed out");
  }));

Deno.test("Kernel.execute() fails a cell for an error in a timer, and goes on", () =>
  withKernel(async (_, run) => {
    const wait = "await new Promise((r) => setTimeout(r, 50));";
    const { status, error } = await run(
      `setTimeout(() => { throw new Error("late"); }, 5); ${wait}`,
    );
    assertEquals([status, error?.message], ["failed", "late"]);
    assertEquals((await run("1 + 1")).status, "ok");
  }));

Deno.test("Kernel.execute() fails a cell that waits for what an error in a timer prevented", () =>
  withKernel(async (_, run) => {
    const code = `await new Promise(() => setTimeout(() => { throw new Error("late"); }, 5));`;
    const { status, error } = await run(code);
    assertEquals([status, error?.message], ["failed", "late"]);
  }));

Deno.test("Kernel.execute() fails a cell for an error that nothing awaits", () =>
  withKernel(async (_, run) => {
    const { status, error } = await run(`Promise.reject(new TypeError("forgotten")); 1`);
    assertEquals([status, error?.name, error?.message], ["failed", "TypeError", "forgotten"]);
    const handler = `const target = new EventTarget();
target.addEventListener("beat", () => { throw new Error("in handler"); });
target.dispatchEvent(new Event("beat"));`;
    assertEquals((await run(handler)).error?.message, "in handler");
    assertEquals((await run("Promise.reject(1).catch(() => {}); 2")).status, "ok");
  }));

Deno.test("Kernel.execute() tells with which code a kernel died", () =>
  withKernel(async (kernel, _, folder) => {
    // It ends when its last words have come.
    const code = `console.log("bye");
while (!await Deno.stat("heard").catch(() => false)) await new Promise((r) => setTimeout(r, 10));
Deno.exit(3);`;
    const { status, exitCode, error, outputs } = await kernel.execute(code, {
      timeoutMs: 60_000,
      onOutput: () => Deno.writeTextFileSync(`${folder}/heard`, ""),
    });
    assertEquals([status, exitCode, text(outputs)], ["kernel died", 3, "bye\n"]);
    assertEquals(error?.message, "The kernel process ended with code 3");
  }));

Deno.test("Kernel.execute() tells that a kernel ran out of memory", () =>
  withKernel(async (kernel, run) => {
    const { status, error } = await run(
      "const all = []; for (;;) all.push(new Array(1e4).fill(0.5));",
    );
    assertEquals(status, "kernel died");
    assertMatch(error!.message, /ended with code \d+ \(SIG[A-Z]+\): it ran out of memory/);
    assertStringIncludes(kernel.log, "Reached heap limit");
  }, { env: { DENO_V8_FLAGS: "--max-old-space-size=160" } }));

Deno.test("Kernel.execute() keeps the first of 100,000 printed lines and counts the others", () =>
  withKernel(async (_, run) => {
    const code = "for (let i = 1; i <= 100_000; i++) console.log(`line ${i}`);";
    const { status, outputs } = await run(code, 300_000);
    assertEquals([status, outputs.length], ["ok", 1]);
    const lines = text(outputs).split("\n");
    assertEquals(lines.slice(4_999), [
      "line 5000",
      "… 95,000 lines left out (a cell keeps 5,000 lines, 1 MiB)",
      "",
    ]);
    assertEquals(result((await run("1 + 1")).outputs), "2");
  }));

Deno.test("Kernel.shutdown() ends the processes that cells left running", () =>
  withKernel(async (_, run) => {
    const code = `new Deno.Command("sleep", { args: ["600"] }).spawn().pid`;
    assertEquals((await run(code)).status, "ok");
  }));

Deno.test("Kernel.shutdown() kills a kernel that does not end", () =>
  withKernel(async (kernel, run) => {
    const running = run("for (;;);", 60_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await kernel.kill();
    const { status, exitCode } = await running;
    assertEquals([status, exitCode], ["kernel died", 137]);
  }));

Deno.test("Kernel.start() tries other ports when one is taken", () =>
  leavesNothing(async ({ ports, folder, pids }) => {
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const kernel = await Kernel.start({
      cwd: folder,
      ports: firstly([taken.addr.port, ...ports.slice(1)]),
    });
    taken.close();
    pids.push(kernel.pid);
    assertEquals((await kernel.execute("1 + 1", { timeoutMs: 60_000 })).status, "ok");
    await kernel.shutdown();
  }));

Deno.test("Kernel.start() gives up with the kernel's own words", () =>
  leavesNothing(async ({ ports, folder }) => {
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const withTaken = ports.with(2, taken.addr.port);
    await assertRejects(
      () => Kernel.start({ cwd: folder, ports: () => withTaken }),
      Error,
      "AddrInUse: Address already in use",
    );
    taken.close();
  }));

Deno.test("Kernel.start() names a folder that does not exist", () =>
  leavesNothing(async ({ folder }) => {
    await assertRejects(() => Kernel.start({ cwd: `${folder}/none` }), Error, "none");
  }));

Deno.test("Kernel.start() ends the kernel when its signal comes", () =>
  leavesNothing(async ({ ports, folder, pids }) => {
    const controller = new AbortController();
    const { signal } = controller;
    const kernel = await Kernel.start({ cwd: folder, ports: firstly(ports), signal });
    pids.push(kernel.pid);
    const running = kernel.execute("await new Promise(() => {});", { timeoutMs: 60_000 });
    controller.abort();
    assertEquals((await running).status, "kernel died");
    await kernel.shutdown();
    await assertRejects(() => Kernel.start({ cwd: folder, signal }), DOMException, "aborted");
  }));

Deno.test("Kernel ends by itself when the process that started it is killed", () =>
  leavesNothing(async ({ folder, pids }) => {
    const module = new URL("../../../scripts/notebook/kernel.ts", import.meta.url).href;
    const code = `import { Kernel } from "${module}";
const kernel = await Kernel.start({ cwd: "${folder}" });
await Deno.stdout.write(new TextEncoder().encode(String(kernel.pid)));
await new Promise(() => setInterval(() => {}, 1_000));`;
    const runner = new Deno.Command(Deno.execPath(), {
      args: ["eval", code],
      stdout: "piped",
    }).spawn();
    const reader = runner.stdout.getReader();
    const { value } = await reader.read();
    const pid = Number(new TextDecoder().decode(value));
    runner.kill("SIGKILL");
    await runner.status;
    await reader.cancel();
    pids.push(pid);
  }));
