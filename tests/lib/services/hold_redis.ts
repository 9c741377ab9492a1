/** Holds a shared and an own Redis until it is killed; prints where they are. */
import { acquire } from "../../../lib/services/acquire.ts";
import { openRunFolder } from "../../../lib/services/run_folder.ts";

const place = JSON.parse(Deno.args[0]) as { parent?: string; runFolder?: string };
const folder = place.runFolder ?? (await openRunFolder(place.parent)).path;
Deno.env.set("WORKSHOP_RUN_DIR", folder);
const shared = await acquire("redis", {}, false);
const own = await acquire("redis", {}, true);
const ports = [...shared.nodes, ...own.nodes].map((node) => node.port);
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify({ ports, folder }) + "\n"));
setInterval(() => {}, 1000);
