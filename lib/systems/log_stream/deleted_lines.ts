/**
 * Lines that were deleted by hand, such as one that holds a secret: what stands in their place, and the proof that nothing else changed.
 *
 * A deletion gives a sealed segment other bytes. Their hash is written down before the bytes are, so that at any moment a segment has
 * either its latest hash or, where a deletion was cut short, an earlier one, and every other hash is a forgery.
 *
 * @module
 */
import type { Sql } from "../../services/postgres_client.ts";
import type { LogRecord } from "./record.ts";

export const DELETED_LINES_SCHEMA = `
create table if not exists deleted_line (
  id bigserial primary key, "atMs" bigint not null, deployment text not null,
  "offset" bigint not null, base bigint not null, reason text not null, sha256 text not null);
`;

/** A deletion, with the hash of its segment behind it. */
export interface DeletedLine {
  atMs: number;
  deployment: string;
  offset: number;
  /** First offset of its segment. */
  base: number;
  reason: string;
  sha256: string;
}

/** Writes a deletion down, twice: for the chain, and for the auditors. */
export async function noteDeletion(sql: Sql, line: DeletedLine): Promise<void> {
  const { atMs, deployment, offset, base, reason, sha256 } = line;
  await sql.begin(async (tx) => {
    await tx`insert into deleted_line ("atMs", deployment, "offset", base, reason, sha256)
      values (${atMs}, ${deployment}, ${offset}, ${base}, ${reason}, ${sha256})`;
    await tx`insert into log_audit ("atMs", action, deployment, detail)
      values (${atMs}, 'deleted', ${deployment}, ${`line ${offset}: ${reason}`})`;
  });
}

/** The deletions of a deployment by the first offset of their segment, oldest first. */
export async function deletionsOf(
  sql: Sql,
  deployment: string,
): Promise<Map<number, DeletedLine[]>> {
  const rows = await sql<DeletedLine>`
    select * from deleted_line where deployment = ${deployment} order by id`;
  return Map.groupBy(rows, ({ base }) => base);
}

/** The record of a deleted line: a note for a message, and what else names the line. */
export function withoutText(record: LogRecord, reason: string): LogRecord {
  const { metadata: _, ...rest } = record;
  return { ...rest, message: `[deleted: ${reason}]`, redactionState: "redacted" };
}
