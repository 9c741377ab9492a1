/**
 * An agent in a process of its own: one that can be killed, and started again on what it left.
 *
 * @module
 */
import { stream } from "../../sim/random.ts";
import { type AgentOptions, LogAgent } from "./agent.ts";

export interface AgentProcessOptions
  extends Pick<AgentOptions, "path" | "url" | "deploymentId" | "agentId" | "spool" | "batchBytes"> {
  /** One that lasts. */
  token: string;
}

/** A running process. */
export interface AgentProcess {
  /** Ends it at once (SIGKILL), whatever it is doing. */
  kill(): Promise<void>;
}

/** Starts one. */
export function startAgent(options: AgentProcessOptions): AgentProcess {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", import.meta.url, JSON.stringify(options)],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  return {
    async kill() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

function main({ token, ...options }: AgentProcessOptions): void {
  const random = stream(1, options.agentId);
  new LogAgent({ ...options, token: () => token, nowMs: Date.now, random }).start();
}

if (import.meta.main) main(JSON.parse(Deno.args[0]));
