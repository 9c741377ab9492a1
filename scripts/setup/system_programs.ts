/**
 * Programs that only system packages bring: HAProxy, nginx, etcd, and promtool, which checks alert rules.
 *
 * @module
 */
import { findSystemProgram } from "lib/services/system_programs.ts";
import type { Missing, Print } from "../setup.ts";
import { aptInstall, canInstall } from "./apt.ts";
import { execute } from "./execute.ts";

/** By need, which is the name of the program: the package for Debian and Ubuntu, for Homebrew, and its service. */
const PROGRAMS = {
  haproxy: { debian: "haproxy", homebrew: "haproxy", service: "haproxy" },
  nginx: { debian: "nginx", homebrew: "nginx", service: "nginx" },
  etcd: { debian: "etcd-server", homebrew: "etcd", service: "etcd" },
  promtool: { debian: "prometheus", homebrew: "prometheus", service: "prometheus" },
};

export type SystemProgram = keyof typeof PROGRAMS;

export function isSystemProgram(need: string): need is SystemProgram {
  return need in PROGRAMS;
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
    await aptInstall(absent.map((need) => PROGRAMS[need].debian), print);
    // We start servers ourselves: the machine should not, at its next start.
    const hasSystemd = await Deno.stat("/run/systemd/system").then(() => true, () => false);
    if (hasSystemd) {
      await execute([
        "systemctl",
        "disable",
        ...absent.map((need) => PROGRAMS[need].service),
      ], undefined);
    }
  }
  return absent.filter((need) => !hasSystemProgram(need)).map((need) => ({
    need,
    reason: `no ${need} on the PATH or where system packages put it`,
    remedy: `Install it (Debian, Ubuntu: \`sudo apt-get install ${PROGRAMS[need].debian}\`; ` +
      `macOS: \`brew install ${PROGRAMS[need].homebrew}\`)`,
  }));
}
