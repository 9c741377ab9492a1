/**
 * Manifests in PostgreSQL: which version each file of a share has, and of which chunks it is made.
 *
 * A commit is one transaction: it takes the file's row, compares the version that the edit was made on with the current
 * one, and replaces version and chunks, or changes nothing. The answer to a device's last commit is kept with it, so that an
 * edit whose answer was lost is not applied twice.
 *
 * Simplified: chunk rows are replaced as a whole; names of files are compared byte by byte, whatever the device's file
 * system thinks of upper and lower case.
 *
 * @module
 */
import { VectorClock } from "lib/structures/vector_clock.ts";
import type { Sql, Statements } from "../../services/postgres_client.ts";
import type { BlobHash } from "./blobs.ts";
import { isStale } from "./replica.ts";

/** A chunk of a file; its offset follows from those before it. */
export interface ChunkRow {
  hash: BlobHash;
  length: number;
}

/** The chunks of a file in order; null when it was deleted. */
export type Manifest = readonly ChunkRow[] | null;

export interface FileVersion {
  path: string;
  vector: VectorClock;
  manifest: Manifest;
  /** Rises with every commit of the share's server: what a device has seen up to. */
  seq: number;
}

export interface CommitRequest {
  share: string;
  path: string;
  device: string;
  /** The device's id of the edit. */
  id: number;
  base: VectorClock;
  manifest: Manifest;
}

export type CommitReply = { status: "committed" | "stale"; version: FileVersion };

export type Role = "read" | "write";

/** How a version travels and is kept. */
export interface FileVersionJson extends Omit<FileVersion, "vector"> {
  vector: Record<string, number>;
}

export function toJson(version: FileVersion): FileVersionJson {
  return { ...version, vector: version.vector.toJSON() };
}

export function fromJson(version: FileVersionJson): FileVersion {
  return { ...version, vector: new VectorClock(version.vector) };
}

const TABLES = `
  create sequence if not exists sync_seq;
  create table if not exists file_version (
    share text, path text, vector jsonb not null, deleted boolean not null, seq bigint not null,
    primary key (share, path));
  create index if not exists file_version_seq on file_version (share, seq);
  create table if not exists chunk (
    share text, path text, chunk_id int, strong_hash text not null, start bigint not null, length int not null,
    primary key (share, path, chunk_id));
  create index if not exists chunk_hash on chunk (share, strong_hash);
  create table if not exists file_grant (share text, user_id text, role text not null, primary key (share, user_id));
  create table if not exists sync_answer (share text, device text, id bigint not null, reply jsonb not null,
    primary key (share, device));`;

export class ManifestStore {
  #sql: Sql;

  private constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Creates the tables where there are none. */
  static async open(sql: Sql): Promise<ManifestStore> {
    await sql.query(TABLES);
    return new ManifestStore(sql);
  }

  /** Lets a user read a share, or write it too. */
  async grant(share: string, user: string, role: Role): Promise<void> {
    await this.#sql`
      insert into file_grant values (${share}, ${user}, ${role})
      on conflict (share, user_id) do update set role = excluded.role`;
  }

  async roleOf(share: string, user: string): Promise<Role | undefined> {
    const [row] = await this.#sql`
      select role from file_grant where share = ${share} and user_id = ${user}`;
    return row?.role;
  }

  /** The current version of a file; of one that never was, nothing that anybody has seen. */
  async current(share: string, path: string): Promise<FileVersion> {
    return await currentVersion(this.#sql, share, path);
  }

  /** Takes an edit, once, if its base has seen the current version. */
  commit(request: CommitRequest): Promise<CommitReply> {
    const { share, path, device, id, base, manifest } = request;
    return this.#sql.begin(async (sql) => {
      // Two edits of one device, or of one file, wait for each other here.
      await sql`select pg_advisory_xact_lock(hashtextextended(${`${share}\n${device}`}, 1))`;
      await sql`select pg_advisory_xact_lock(hashtextextended(${`${share}\n${path}`}, 2))`;
      const [answer] = await sql`
        select reply from sync_answer where share = ${share} and device = ${device} and id = ${id}`;
      if (answer !== undefined) {
        return { ...answer.reply, version: fromJson(answer.reply.version) };
      }
      const current = await currentVersion(sql, share, path);
      if (isStale(base, current.vector)) {
        // Not kept: whoever asks again must hear of the version of then, whose chunks are here.
        return { status: "stale", version: current };
      }
      // Numbers of a share are committed in their order: who has seen one will not look below it again.
      await sql`select pg_advisory_xact_lock(hashtextextended(${share}, 3))`;
      const version = await replace(sql, share, { path, vector: base.increment(device), manifest });
      const reply: CommitReply = { status: "committed", version };
      await sql`
        insert into sync_answer values
          (${share}, ${device}, ${id}, ${{ ...reply, version: toJson(version) }})
        on conflict (share, device) do update set id = excluded.id, reply = excluded.reply`;
      return reply;
    });
  }

  /** What was committed after `seq`, oldest first. */
  async since(share: string, seq: number, limit = 1000): Promise<FileVersion[]> {
    const rows = await this.#sql`
      select path, seq from file_version
      where share = ${share} and seq > ${seq} order by seq limit ${limit}`;
    const found = await versions(this.#sql, share, rows.map(({ path }) => path));
    // What was committed again meanwhile comes next time: others may have come before it that are not here.
    const last = rows.at(-1)?.seq ?? seq;
    return found.filter(({ seq }) => seq <= last).sort((a, b) => a.seq - b.seq);
  }

  /** Whether a file of the share has the chunk. */
  async names(share: string, hash: BlobHash): Promise<boolean> {
    const rows = await this.#sql`
      select from chunk where share = ${share} and strong_hash = ${hash} limit 1`;
    return rows.length > 0;
  }

  /** Every chunk that some file has: what a sweep must keep. */
  async namedBlobs(): Promise<Set<BlobHash>> {
    const rows = await this.#sql`select distinct strong_hash from chunk`;
    return new Set(rows.map(({ strong_hash }) => strong_hash));
  }
}

async function currentVersion(sql: Statements, share: string, path: string): Promise<FileVersion> {
  const [version] = await versions(sql, share, [path]);
  return version ?? { path, vector: new VectorClock(), manifest: null, seq: 0 };
}

async function versions(
  sql: Statements,
  share: string,
  paths: readonly string[],
): Promise<FileVersion[]> {
  const rows = await sql`
    select f.path, f.vector, f.deleted, f.seq,
      coalesce(json_agg(json_build_object('hash', c.strong_hash, 'length', c.length) order by c.chunk_id)
        filter (where c.chunk_id is not null), '[]') as chunks
    from file_version f left join chunk c using (share, path)
    where f.share = ${share} and f.path = any(${[...paths]}::text[])
    group by f.share, f.path`;
  return rows.map(({ path, vector, deleted, seq, chunks }) => ({
    path,
    vector: new VectorClock(vector),
    manifest: deleted ? null : chunks,
    seq,
  }));
}

async function replace(
  sql: Statements,
  share: string,
  { path, vector, manifest }: Omit<FileVersion, "seq">,
): Promise<FileVersion> {
  const [{ seq }] = await sql`
    insert into file_version values
      (${share}, ${path}, ${vector.toJSON()}, ${manifest === null}, nextval('sync_seq'))
    on conflict (share, path) do update
      set vector = excluded.vector, deleted = excluded.deleted, seq = excluded.seq
    returning seq`;
  await sql`delete from chunk where share = ${share} and path = ${path}`;
  const rows = manifest ?? [];
  const starts = rows.reduce((sums, { length }) => [...sums, sums.at(-1)! + length], [0]);
  await sql`
    insert into chunk
    select ${share}, ${path}, row_number() over () - 1, hash, start, length
    from unnest(${rows.map(({ hash }) => hash)}::text[], ${starts.slice(0, -1)}::bigint[],
      ${rows.map(({ length }) => length)}::int[]) as given (hash, start, length)`;
  return { path, vector, manifest, seq };
}
