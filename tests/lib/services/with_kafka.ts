import type { Consumer, KafkaMessage } from "kafkajs";
import { findJava } from "../../../lib/services/java.ts";
import { findKafkaJars } from "../../../lib/services/kafka_jars.ts";

export const isKafkaThere = findKafkaJars().length > 0 && findJava().length > 0;

/** A record as tests compare it. */
export interface Received {
  partition: number;
  offset: number;
  key?: string;
  value?: string;
}

function read(partition: number, { offset, key, value }: KafkaMessage): Received {
  return { partition, offset: Number(offset), key: key?.toString(), value: value?.toString() };
}

/** Runs a consumer of a topic from its beginning until it has received enough, or a value, for at most a minute. */
export async function receive(
  consumer: Consumer,
  topic: string,
  enough: number | string,
): Promise<Received[]> {
  const received: Received[] = [];
  const done = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => done.reject(new Error(`Cannot receive ${enough}: ${received.length} records came`)),
    60_000,
  );
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    // deno-lint-ignore require-await -- as kafkajs wants it
    eachMessage: async ({ partition, message }) => {
      received.push(read(partition, message));
      if (received.length === enough || received.at(-1)?.value === enough) done.resolve();
    },
  });
  try {
    await done.promise;
  } finally {
    clearTimeout(timer);
    // Commits what was received.
    await consumer.stop();
  }
  return received;
}
