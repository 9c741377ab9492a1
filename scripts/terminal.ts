/**
 * Writes to the terminal: plain lines, and a live block at the bottom that shows what runs.
 *
 * With a terminal, the block holds one line a running notebook (name, section, cell i of n, elapsed) and is redrawn in
 * place; finished lines scroll away above it. Without one (a log file, CI) each new section is a plain line.
 *
 * @module
 */
const encoder = new TextEncoder();

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let done = 0; done < bytes.length;) done += stream.writeSync(bytes.subarray(done));
  } catch (error) {
    // Whoever read it has gone, as with `| head`; the work goes on.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Writes to standard output. */
export function write(text: string): void {
  writeAll(Deno.stdout, text);
}

/** One line on standard output. */
export function print(line = ""): void {
  write(`${line}\n`);
}

/** One line on standard error. */
export function printError(line: string): void {
  writeAll(Deno.stderr, `${line}\n`);
}

/** Milliseconds as people read them: `840 ms`, `12.4 s`, `3 min 05 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** Columns of text, each as wide as its widest value; numbers to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const isNumber = (text: string) => /^[-+]?\d/.test(text);
  return rows.map((row) =>
    row.map((text, i) => isNumber(text) ? text.padStart(widths[i]) : text.padEnd(widths[i]))
      .join("  ").trimEnd()
  );
}

export interface LiveOptions {
  write?: (text: string) => void;
  /** Redraw in place. Default: standard output is a terminal. */
  interactive?: boolean;
  /** Columns of the terminal. */
  width?: () => number;
  nowMs?: () => number;
}

interface Task {
  startedMs: number;
  section: string;
  step: string;
}

function terminalWidth(): number {
  try {
    // Some terminals do not know how wide they are, and say 0.
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/** Shows the tasks that run at the same time. */
export class LiveDisplay {
  #write: (text: string) => void;
  #interactive: boolean;
  #width: () => number;
  #nowMs: () => number;
  #tasks = new Map<string, Task>();
  #drawn = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: LiveOptions = {}) {
    this.#write = options.write ?? write;
    this.#interactive = options.interactive ?? Deno.stdout.isTerminal();
    this.#width = options.width ?? terminalWidth;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** A task begins. */
  start(name: string): void {
    this.#tasks.set(name, { startedMs: this.#nowMs(), section: "starts", step: "" });
    if (!this.#interactive) return;
    // The clock moves on while a cell is silent.
    this.#timer ??= setInterval(() => this.#redraw(), 250);
    this.#redraw();
  }

  /** A task has come to a step of a section, such as `cell 12 of 80` of `Deep dive`. */
  update(name: string, section: string, step: string): void {
    const task = this.#tasks.get(name);
    if (task === undefined) return;
    const isNew = task.section !== section;
    Object.assign(task, { section, step });
    if (this.#interactive) this.#redraw();
    else if (isNew) this.#write(`${this.#describe(name, task)}\n`);
  }

  /** A task has ended; its last words stay on the screen. */
  finish(name: string, line: string): void {
    this.#tasks.delete(name);
    this.print(line);
    if (this.#tasks.size === 0) this.stop();
  }

  /** A line that stays, above the live block. */
  print(line: string): void {
    this.#erase();
    this.#write(`${line}\n`);
    if (this.#interactive) this.#redraw();
  }

  /** Removes the live block. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#erase();
    this.#tasks.clear();
  }

  #describe(name: string, task: Task): string {
    const elapsed = formatDuration(this.#nowMs() - task.startedMs);
    return [name, task.section, task.step, elapsed].filter((part) => part !== "").join(" · ");
  }

  #erase(): void {
    // Up to the first drawn line, then clear to the end of the screen.
    if (this.#drawn > 0) this.#write(`\x1b[${this.#drawn}A\r\x1b[J`);
    this.#drawn = 0;
  }

  #redraw(): void {
    const width = this.#width() - 1;
    const lines = [...this.#tasks].map(([name, task]) => {
      const line = this.#describe(name, task);
      return line.length > width ? `${line.slice(0, width - 1)}…` : line;
    });
    this.#erase();
    this.#write(lines.map((line) => `${line}\n`).join(""));
    this.#drawn = lines.length;
  }
}
