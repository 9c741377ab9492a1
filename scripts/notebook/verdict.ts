/**
 * What the end of a cell means: the verdict, and an error that says why.
 *
 * @module
 */
import { findSyntaxError } from "./syntax_error.ts";

export interface CellError {
  name: string;
  message: string;
  traceback: string[];
  /** 1-based line within the cell, where it is known. */
  line?: number;
}

export type CellStatus = "ok" | "failed" | "timed out" | "kernel died";

/** How a cell ended, without its outputs. */
export interface Verdict {
  status: CellStatus;
  executionCount: number | null;
  error?: CellError;
  /** The kernel's exit code, when it died. */
  exitCode?: number;
}

// deno-lint-ignore no-explicit-any
type Reply = any;

/** What ended the wait for a cell. */
export type Ending =
  | { by: "reply"; reply: Reply }
  | { by: "exit"; exit: Deno.CommandStatus }
  | { by: "limit" | "uncaught" };

/** A cell and what is known beside its end. */
export interface Case {
  code: string;
  timeoutMs: number;
  /** What the kernel process itself wrote. */
  log: string;
  /** An error that surfaced outside of the cell's own course. */
  uncaught?: CellError;
}

/** Judges the end of a cell. */
export async function judge(
  ending: Ending,
  { code, timeoutMs, log, uncaught }: Case,
): Promise<Verdict> {
  switch (ending.by) {
    case "exit": {
      const { code: exitCode, signal } = ending.exit;
      const message = `The kernel process ended with code ${exitCode}` +
        (signal ? ` (${signal})` : "") +
        (/heap limit|out of memory/i.test(log)
          ? ": it ran out of memory; DENO_V8_FLAGS=--max-old-space-size=8192 gives it 8 GiB"
          : "");
      const error = { name: "KernelDied", message, traceback: [message] };
      return { status: "kernel died", executionCount: null, exitCode, error };
    }
    case "limit": {
      const message = `The cell must end within ${timeoutMs / 1000} s: it was still running`;
      const error = { name: "TimedOut", message, traceback: [message] };
      return { status: "timed out", executionCount: null, error };
    }
    case "uncaught":
      return { status: "failed", executionCount: null, error: trim(uncaught!) };
    case "reply": {
      const { status, execution_count: executionCount = null } = ending.reply;
      if (status === "ok" && !uncaught) return { status: "ok", executionCount };
      const error = status === "ok" ? uncaught! : await describe(ending.reply, code);
      return { status: "failed", executionCount, error: trim(error) };
    }
  }
}

/** Frames inside of Deno say nothing about the cell, and change with its version. */
function trim(error: CellError): CellError {
  const traceback = error.traceback.filter((frame) => !/^\s+at .*\bext:/.test(frame));
  return { ...error, traceback };
}

/** A cell that cannot be parsed gets only "Execution failed" from the kernel. */
async function describe(reply: Reply, code: string): Promise<CellError> {
  const { ename: name, evalue: message, traceback } = reply;
  if (message !== "Execution failed" || traceback.length > 0) return { name, message, traceback };
  return await findSyntaxError(code) ?? { name, message, traceback };
}
