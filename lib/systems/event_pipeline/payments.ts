/**
 * The downstream of the session: payments in a topic, balances and e-mails in PostgreSQL.
 *
 * A payment is projected once, whatever is delivered: its id is the key of a row, and only a row that is new changes the
 * balance. An e-mail is a side effect that nobody can take back, so it goes out for a new payment only, and never when
 * records are replayed.
 *
 * @module
 */
import type { Message } from "kafkajs";
import type { Sql, Statements } from "../../services/postgres_client.ts";
import { integer, type Random } from "../../sim/random.ts";
import { type EventRecord, textOf } from "./record.ts";

export interface Payment {
  id: string;
  account: string;
  cents: number;
}

/** Seeded payments of a number of accounts. */
export function payments(count: number, accounts: number, random: Random): Payment[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `p${n}`,
    account: `a${integer(random, accounts)}`,
    cents: 1 + integer(random, 10_000),
  }));
}

/** A payment as a record: the account is the key, so that an account's payments stay in order. */
export function messageOf(payment: Payment): Message {
  return { key: payment.account, value: JSON.stringify(payment) };
}

export function paymentOf(record: EventRecord): Payment {
  return JSON.parse(textOf(record));
}

export async function createBalances(sql: Sql): Promise<void> {
  await sql.query(
    `create table if not exists payment (id text primary key, account text, cents int);
    create table if not exists balance (account text primary key, cents bigint not null);
    create table if not exists email (payment text not null)`,
  );
}

/** Forgets what was projected; the e-mails have been sent. */
export async function dropBalances(sql: Sql): Promise<void> {
  await sql.query("truncate payment; truncate balance");
}

/** Projects records into the balances; e-mails go out unless it is a replay. */
export async function project(
  sql: Pick<Statements, "query">,
  records: readonly EventRecord[],
  { isReplay }: { isReplay: boolean },
): Promise<void> {
  const rows = JSON.stringify(records.map(paymentOf));
  await sql.query(
    `with fresh as (
      insert into payment select * from json_populate_recordset(null::payment, $1::json)
      on conflict do nothing returning *
    ), mailed as (
      insert into email select id from fresh where not $2
    )
    insert into balance select account, sum(cents) from fresh group by account order by account
    on conflict (account) do update set cents = balance.cents + excluded.cents`,
    [rows, isReplay],
  );
}

/** A checksum over all balances, equal for equal states byte for byte. */
export async function checksumOf(sql: Sql): Promise<string> {
  const [{ sum }] = await sql`select coalesce(md5(string_agg(account || ':' || cents, ','
    order by account)), 'empty') as sum from balance`;
  return sum;
}
