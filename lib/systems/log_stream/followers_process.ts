/**
 * Viewers that come back, in a process of their own: each with `follow` of `client.ts`, in groups by how they back off.
 *
 * It writes a line of JSON once every follower has its first line, and one when all have come to an offset: attempts by group, with
 * their times.
 *
 * @module
 */
import { stream } from "../../sim/random.ts";
import type { BackoffKind } from "../../structures/backoff.ts";
import { follow } from "./client.ts";

export interface FollowersOptions {
  url: string;
  token: string;
  kinds: BackoffKind[];
  /** Followers of each kind. */
  each: number;
  baseMs: number;
  capMs: number;
  /** The offset that each must reach. */
  till: number;
}

/** What the groups did. */
export interface FollowersReport {
  started: number;
  complete: number;
  /** Lines that did not follow the one before. */
  outOfOrder: number;
  /** Times of attempts after the first, in ms since 1970, by kind. */
  attempts: Record<string, number[]>;
  /** What each of these followers had waited since the break, as its back-off drew it: no stall of the machine shows. */
  waitedMs: Record<string, number[]>;
  done: boolean;
}

/** A running process. */
export interface Followers {
  /** Resolves once all follow. */
  following: Promise<FollowersReport>;
  /** Resolves once all have come to the end. */
  report: Promise<FollowersReport>;
  stop(): void;
}

/** Starts followers in a process of their own. */
export function startFollowers(options: FollowersOptions): Followers {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", import.meta.url, JSON.stringify(options)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const following = Promise.withResolvers<FollowersReport>();
  const read = async () => {
    let last: FollowersReport | undefined, rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) following.resolve(last = JSON.parse(line));
    }
    if (!last?.done) throw new Error("Cannot follow: the followers' process ended");
    return last;
  };
  const report = read();
  report.catch(following.reject);
  return { following: following.promise, report, stop: () => child.kill("SIGTERM") };
}

async function main(options: FollowersOptions): Promise<void> {
  const { url, token, kinds, each, baseMs, capMs, till } = options;
  const ended = new AbortController(), all = kinds.length * each;
  const report: FollowersReport = {
    started: 0,
    complete: 0,
    outOfOrder: 0,
    attempts: Object.fromEntries(kinds.map((kind) => [kind, []])),
    waitedMs: Object.fromEntries(kinds.map((kind) => [kind, []])),
    done: false,
  };
  const say = () => Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(report)}\n`));
  const one = (kind: BackoffKind, n: number) => {
    let next = 0, attempts = 0;
    return follow(url, {
      token: () => token,
      random: stream(n, kind),
      signal: ended.signal,
      backoff: { kind, baseMs, capMs },
      onAttempt: (waitedMs) => {
        if (attempts++ === 0) return;
        report.attempts[kind].push(Date.now());
        report.waitedMs[kind].push(waitedMs);
      },
      onLines: (lines) => {
        if (next === 0 && ++report.started === all) say();
        for (const { offset } of lines) if (offset !== next++) report.outOfOrder++;
        if (next >= till && next - lines.length < till && ++report.complete === all) {
          report.done = true;
          say();
          ended.abort();
        }
      },
    });
  };
  Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
  await Promise.all(kinds.flatMap((kind) => Array.from({ length: each }, (_, n) => one(kind, n))));
  Deno.exit(0);
}

if (import.meta.main) await main(JSON.parse(Deno.args[0]));
