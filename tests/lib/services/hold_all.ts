/** Holds every service, in a run of its own under a folder, until it is killed; prints the run's folder. */
import { etcd } from "../../../lib/services/etcd.ts";
import { haproxy } from "../../../lib/services/haproxy.ts";
import { kafka } from "../../../lib/services/kafka.ts";
import { nginx } from "../../../lib/services/nginx.ts";
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
await etcd({ members: 3 });
const pooler = await pgbouncer({ upstream: database });
await haproxy({ servers: pooler.nodes, mode: "tcp", check: { postgresUser: "postgres" } });
await nginx({ config: (port) => `server { listen 127.0.0.1:${port}; }`, workers: 2 });
// A server that is frozen ends with the others.
await database.nodes[1].pause();

await Deno.stdout.write(new TextEncoder().encode(`${path}\n`));
setInterval(() => {}, 1000);
