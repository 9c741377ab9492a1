/**
 * Brings programs that only system packages have: pgbouncer, HAProxy, nginx, etcd, and promtool, which checks alert rules.
 *
 * @module
 */
import {
  findSystemProgram,
  SYSTEM_PROGRAMS,
  type SystemProgram,
} from "lib/services/system_programs.ts";
import type { Missing, Print } from "../setup.ts";
import { aptInstall, canInstall } from "./apt.ts";
import { execute } from "./execute.ts";

export function isSystemProgram(need: string): need is SystemProgram {
  return need in SYSTEM_PROGRAMS;
}

export function hasSystemProgram(need: SystemProgram): boolean {
  return findSystemProgram(need).length > 0;
}

/** Installs what is missing where we may; tells what still is. */
export async function prepareSystemPrograms(
  needs: readonly SystemProgram[],
  print: Print,
): Promise<Missing[]> {
  const absent = needs.filter((need) => !hasSystemProgram(need));
  if (absent.length > 0 && await canInstall()) {
    await aptInstall(absent.map((need) => SYSTEM_PROGRAMS[need].debian), print);
    // We start servers ourselves: the machine should not, at its next start.
    const hasSystemd = await Deno.stat("/run/systemd/system").then(() => true, () => false);
    if (hasSystemd) {
      await execute([
        "systemctl",
        "disable",
        ...absent.map((need) => SYSTEM_PROGRAMS[need].service),
      ], undefined);
    }
  }
  return absent.filter((need) => !hasSystemProgram(need)).map((need) => ({
    need,
    reason: `no ${need} on the PATH or where system packages put it`,
    remedy:
      `Install it (Debian, Ubuntu: \`sudo apt-get install ${SYSTEM_PROGRAMS[need].debian}\`; ` +
      `macOS: \`brew install ${SYSTEM_PROGRAMS[need].homebrew}\`)`,
  }));
}
