/**
 * A line of a deployment's log, as it travels from the agent to the viewer.
 *
 * @module
 */

export type Level = "debug" | "info" | "warn" | "error";

/** Levels, the least important first. */
export const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];

/** What an agent sends. `agentId` and `seq` name it for ever, so that it counts once however often it is sent. */
export interface LogRecord {
  deploymentId: string;
  stepId: string;
  /** Of the agent's clock, in ms since 1970: shown, never sorted by. */
  timestamp: number;
  level: Level;
  message: string;
  metadata?: Record<string, string>;
  redactionState: "raw" | "clean" | "redacted";
  agentId: string;
  seq: number;
  /** The line goes on in the next record, which was too long for one. */
  more?: true;
}

/** A record with its place in the deployment's log. */
export interface NumberedRecord extends LogRecord {
  /** Counted from 0, without holes. */
  offset: number;
}

/** Bytes of a message at most; longer lines are split. */
export const LONGEST_MESSAGE = 64 << 10;
const LONGEST_ID = 200;

function problemOf(value: Record<string, unknown>): string | undefined {
  for (const name of ["deploymentId", "stepId", "agentId"] as const) {
    const id = value[name];
    if (typeof id !== "string" || id === "" || id.length > LONGEST_ID) {
      return `${name} must be a text of 1 to ${LONGEST_ID} characters: received ${
        JSON.stringify(id)
      }`;
    }
  }
  if (typeof value.message !== "string" || value.message.includes("\n")) {
    return "message must be one line of text";
  }
  if (value.message.length > LONGEST_MESSAGE) {
    return `message must have at most ${LONGEST_MESSAGE} characters: received ${value.message.length}`;
  }
  if (!Number.isSafeInteger(value.seq) || (value.seq as number) < 0) {
    return `seq must be a whole number from 0: received ${value.seq}`;
  }
  if (!Number.isFinite(value.timestamp)) {
    return `timestamp must be a number: received ${value.timestamp}`;
  }
  if (!LEVELS.includes(value.level as Level)) {
    return `level must be one of ${LEVELS.join(", ")}: received ${value.level}`;
  }
  return undefined;
}

/**
 * Reads records from lines of JSON.
 *
 * @throws {SyntaxError} when a line is none
 */
export function parseRecords(text: string): LogRecord[] {
  return text.split("\n").filter((line) => line !== "").map((line, index) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw new SyntaxError(`Cannot read line ${index + 1}: it must be JSON`);
    }
    const problem = typeof value === "object" && value !== null
      ? problemOf(value as Record<string, unknown>)
      : "it must be an object";
    if (problem !== undefined) throw new SyntaxError(`Cannot read line ${index + 1}: ${problem}`);
    const { deploymentId, stepId, timestamp, level, message, metadata, agentId, seq, more } =
      value as LogRecord;
    return {
      deploymentId,
      stepId,
      timestamp,
      level,
      message,
      ...(metadata && { metadata }),
      redactionState: "raw",
      agentId,
      seq,
      ...(more && { more }),
    };
  });
}
