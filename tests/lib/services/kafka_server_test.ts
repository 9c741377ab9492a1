import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { freePort, Host } from "../../../lib/services/host.ts";
import { kafka } from "../../../lib/services/kafka.ts";
import { findKafkaJars, type KafkaJars } from "../../../lib/services/kafka_jars.ts";
import { chooseKafka, startKafka } from "../../../lib/services/kafka_server.ts";
import { isLaptopWithout } from "./one_run.ts";
import { isKafkaThere } from "./with_kafka.ts";
import { withFolder } from "../../with_folder.ts";

const ignore = isLaptopWithout(isKafkaThere);

async function withHost(
  freePort: (() => number) | undefined,
  body: (host: Host) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const host = new Host(folder, { freePort });
    try {
      await body(host);
    } finally {
      await host.close();
    }
  });
}

/** A folder of jars without anything in them. */
async function fakeJars(home: string, version: string): Promise<string> {
  const folder = join(home, "libs");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, `kafka_2.13-${version}.jar`), "");
  return folder;
}

Deno.test("findKafkaJars() takes KAFKA_HOME, the PATH, then what was brought, the newest first", () =>
  withFolder(async (parent) => {
    const folder = await Deno.realPath(parent);
    const home = join(folder, "home");
    const unpacked = join(folder, "unpacked");
    await fakeJars(home, "4.0.1");
    await fakeJars(unpacked, "3.9.2");
    await Deno.mkdir(join(unpacked, "bin"));
    await Deno.mkdir(join(folder, "bin"));
    await Deno.writeTextFile(join(unpacked, "bin/kafka-server-start.sh"), "");
    await Deno.symlink(
      join(unpacked, "bin/kafka-server-start.sh"),
      join(folder, "bin/kafka-server-start.sh"),
    );
    const brought = join(folder, "brought");
    for (const version of ["4.4.0", "4.10.0"]) await fakeJars(join(brought, version), version);
    await fakeJars(join(brought, "draft-5.0.0"), "5.0.0");
    const found = findKafkaJars({ home, path: join(folder, "bin"), brought });
    assertEquals(found, [
      { folder: join(home, "libs"), version: "4.0.1", from: "KAFKA_HOME" },
      { folder: join(unpacked, "libs"), version: "3.9.2", from: "PATH" },
      { folder: join(brought, "4.10.0", "libs"), version: "4.10.0", from: "Maven" },
      { folder: join(brought, "4.4.0", "libs"), version: "4.4.0", from: "Maven" },
    ]);
    assertEquals(findKafkaJars({ home: "", path: "", brought: "/no/such/folder" }), []);
  }));

Deno.test("chooseKafka() passes over a server that is too old, and says the three ways", async () => {
  const old: KafkaJars = { folder: "/opt/old/libs", version: "3.3.1", from: "PATH" };
  const fine: KafkaJars = { folder: "/opt/new/libs", version: "4.0.0", from: "Maven" };
  const java = { path: "java", version: "17.0.1", from: "PATH" } as const;
  assertEquals(await chooseKafka([old, fine], java), { java, jars: fine });
  const error = await assertRejects(
    () => chooseKafka([old], java),
    Error,
    "Cannot start Kafka: its server must be 3.9 or newer: received 3.3.1 in /opt/old/libs",
  );
  assertMatch(error.message, /KAFKA_BROKERS.*compose.*KAFKA_HOME.*task setup/s);
  await assertRejects(() => chooseKafka([], java), Error, "received none in KAFKA_HOME");
});

Deno.test({
  name: "startKafka() gives up when every port is taken, and shows the server's log",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withHost(undefined, async (host) => {
      const path = join(host.folder, "java");
      const text = "java.net.BindException: Address already in use";
      await Deno.writeTextFile(path, `#!/bin/sh\necho '${text}'\nexit 1\n`, { mode: 0o755 });
      const jars: KafkaJars = { folder: host.folder, version: "4.4.0", from: "Maven" };
      const program = { java: { path, version: "17.0.1" }, jars };
      const error = await assertRejects(
        () => startKafka(host, { brokers: 2 }, program),
        Error,
        "it ended (code 1) before it answered",
      );
      assertMatch(error.message, /Cannot start kafka[^]*ends:\n.*Address already in use/);
      assertEquals(host.status(), [], "no process of the last try is left either");
    }),
});

Deno.test({
  name: "startKafka() takes other ports when somebody was faster",
  ignore,
  async fn() {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    let asked = 0;
    const port = () => ++asked <= 1 ? taken.addr.port : freePort();
    await withHost(port, async (host) => {
      const { nodes } = await startKafka(host);
      assertEquals([asked, nodes.length, nodes[0].port === taken.addr.port], [4, 1, false]);
      assertEquals(host.status().map(({ state }) => state), ["running"]);
    });
  },
});

Deno.test({
  name: "startKafka() with a setting that Kafka refuses shows the server's log",
  ignore,
  fn: () =>
    withHost(undefined, async (host) => {
      const config = { "num.io.threads": "plenty" };
      await assertRejects(
        () => startKafka(host, { config }),
        Error,
        "Invalid value plenty for configuration num.io.threads",
      );
    }),
});

Deno.test({
  name: "kafka() logs in where brokers ask for it; a wrong password is an error that hides it",
  ignore,
  async fn() {
    const [plain, controller, guarded] = [freePort(), freePort(), freePort()];
    const ports = [plain, controller];
    const config = {
      listeners: `PLAINTEXT://127.0.0.1:${plain},CONTROLLER://127.0.0.1:${controller},` +
        `SASL_PLAINTEXT://127.0.0.1:${guarded}`,
      "listener.security.protocol.map":
        "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT",
      "sasl.enabled.mechanisms": "PLAIN",
      "listener.name.sasl_plaintext.plain.sasl.jaas.config":
        "org.apache.kafka.common.security.plain.PlainLoginModule required user_ann='right';",
    };
    await withHost(() => ports.shift() ?? freePort(), async (host) => {
      await startKafka(host, { config });
      const addresses = (password: string) => `kafka://ann:${password}@127.0.0.1:${guarded}`;
      const error = await assertRejects(
        () => kafka({ addresses: addresses("wrong") }),
        Error,
        "Cannot use Kafka: KAFKA_BROKERS",
      );
      assertMatch(error.message, /kafka:\/\/ann:\*\*\*@127.*Invalid username or password/i);
      await using log = await kafka({ addresses: addresses("right") });
      assertEquals(log.brokers, [`127.0.0.1:${guarded}`]);
      await log.createTopic("secrets");
    });
  },
});
