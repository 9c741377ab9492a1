/**
 * PostgreSQL, which Deno brings with the other npm packages; here its empty data folder is made, so that the first
 * notebook does not wait for it.
 *
 * @module
 */
import {
  choosePostgres,
  findPostgres,
  type PostgresPrograms,
  WAYS_TO_GET_POSTGRES,
} from "lib/services/postgres_binaries.ts";
import { postgresTemplate } from "lib/services/postgres_template.ts";
import type { Missing } from "../setup.ts";

function isGiven(): boolean {
  return (Deno.env.get("DATABASE_URL") ?? "") !== "";
}

/** Whether PostgreSQL can be had on this machine without a set-up. */
export function hasPostgres(): boolean {
  return isGiven() || findPostgres().length > 0;
}

/** Makes the empty data folder; tells what is missing when that cannot be. */
export async function preparePostgres(): Promise<Missing | undefined> {
  if (isGiven()) return undefined;
  let programs: PostgresPrograms;
  try {
    programs = await choosePostgres(findPostgres());
  } catch (error) {
    const [reason] = (error as Error).message.split(`. ${WAYS_TO_GET_POSTGRES}`);
    return { need: "postgres", reason, remedy: WAYS_TO_GET_POSTGRES.replace(/\.$/, "") };
  }
  try {
    await postgresTemplate(programs);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    return { need: "postgres", reason: message, remedy: "Or set DATABASE_URL to one of yours" };
  }
}
