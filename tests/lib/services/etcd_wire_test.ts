import { assert, assertEquals } from "@std/assert";
import {
  decodeKeyValue,
  decodeText,
  encodeCompare,
  encodeOperation,
  encodeRange,
  encodeText,
} from "../../../lib/services/etcd_wire.ts";
import { readJsonLines } from "../../../lib/services/json_lines.ts";

Deno.test("encodeRange() of a prefix ends before the first key that comes after it", () => {
  const bounds = (namespace: string, prefix: string) => {
    const { key, range_end } = encodeRange(namespace, { prefix });
    return [Uint8Array.fromBase64(key), Uint8Array.fromBase64(range_end!)].map((b) => [...b]);
  };
  assertEquals(bounds("n/", "a"), [[110, 47, 97], [110, 47, 98]]);
  assertEquals(bounds("", ""), [[0], [0]], "all keys");
  // "ÿ" is 195, 191; after 244, 143, 191, 191 comes no text.
  assertEquals(bounds("", "ÿ")[1], [195, 192]);
  assertEquals(bounds("", "\u{10ffff}")[1], [244, 143, 191, 192]);
  assertEquals(encodeRange("n/", { from: "a", to: "c" }), {
    key: encodeText("n/a"),
    range_end: encodeText("n/c"),
  });
});

Deno.test("decodeKeyValue() gives texts without the namespace, and 0 for what is left out", () => {
  const wire = { key: encodeText("n/ä"), value: encodeText("1 €"), mod_revision: "7" };
  assertEquals(decodeKeyValue("n/", wire), {
    key: "ä",
    value: "1 €",
    createRevision: 0,
    modRevision: 7,
    version: 0,
  });
  const { lease } = decodeKeyValue("", { key: "", lease: "123456789012345678" });
  assertEquals(lease, "123456789012345678");
  assertEquals(decodeText(undefined), "");
});

Deno.test("encodeCompare() and encodeOperation() name what etcd wants", () => {
  const key = encodeText("n/k");
  assertEquals([
    encodeCompare("n/", { key: "k", value: "v" }),
    encodeCompare("n/", { key: "k", version: 0, is: "!=" }),
    encodeCompare("n/", { key: "k", createRevision: 5, is: "<" }),
    encodeCompare("n/", { key: "k", modRevision: 6, is: ">" }),
    encodeCompare("n/", { key: "k", lease: "9" }),
  ], [
    { key, result: "EQUAL", target: "VALUE", value: encodeText("v") },
    { key, result: "NOT_EQUAL", target: "VERSION", version: "0" },
    { key, result: "LESS", target: "CREATE", create_revision: "5" },
    { key, result: "GREATER", target: "MOD", mod_revision: "6" },
    { key, result: "EQUAL", target: "LEASE", lease: "9" },
  ]);
  assertEquals(encodeOperation("n/", { get: "k" }), { request_range: { key } });
  assertEquals(encodeOperation("n/", { delete: "k" }), { request_delete_range: { key } });
});

Deno.test("readJsonLines() reads values however the stream is cut", async () => {
  const text = '{"a":"ä"}\n\n{"a":2}\n[3]';
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size <= bytes.length; size++) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) {
          controller.enqueue(bytes.slice(at, at + size));
        }
        controller.close();
      },
    });
    assertEquals(await Array.fromAsync(readJsonLines(body)), [{ a: "ä" }, { a: 2 }, [3]]);
  }
  const error = await Array.fromAsync(readJsonLines(new Response("{]\n").body!))
    .then(() => undefined, (error) => error);
  assert(error instanceof SyntaxError);
});
