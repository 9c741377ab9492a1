/** Holds every service, in a run of its own under a folder, until it is killed; prints the run's folder. */
import { kafka } from "../../../lib/services/kafka.ts";
import { pgbouncer } from "../../../lib/services/pgbouncer.ts";
import { postgres } from "../../../lib/services/postgres.ts";
import { redis } from "../../../lib/services/redis.ts";
import { openRunFolder } from "../../../lib/services/run_folder.ts";

const { path } = await openRunFolder(Deno.args[0]);
Deno.env.set("WORKSHOP_RUN_DIR", path);

const [database] = await Promise.all([
  postgres({ replicas: 1, proxy: true }),
  kafka(),
  redis(),
  redis({ replicas: 1 }),
  redis({ cluster: 3 }),
]);
await pgbouncer({ upstream: database });
// A server that is frozen ends with the others.
await database.nodes[1].pause();

await Deno.stdout.write(new TextEncoder().encode(`${path}\n`));
setInterval(() => {}, 1000);
