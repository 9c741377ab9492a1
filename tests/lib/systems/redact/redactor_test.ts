import { assert, assertEquals } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import { buildLine, KINDS, literalsOf, plantSecrets } from "lib/systems/redact/planted.ts";
import { Redactor, RedactorPlan, redactText } from "lib/systems/redact/redactor.ts";
import { PATTERNS } from "lib/systems/redact/rules.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();
function redactChunks(plan: RedactorPlan, chunks: readonly Uint8Array[]): string {
  const redactor = new Redactor(plan);
  const pieces = chunks.map((chunk) => redactor.push(chunk));
  return [...pieces, redactor.end()].map((piece) => decoder.decode(piece)).join("");
}

const planted = plantSecrets(180, stream(1, "planted"));
const plan = new RedactorPlan({ literals: literalsOf(planted) });

Deno.test("Redactor.push() hides each kind at each split position, with the same result", () => {
  for (const { kind, secret, text } of planted.slice(0, KINDS.length)) {
    const around = `before\n${text}after password\n`;
    const whole = redactText(around, plan);
    assert(!whole.includes(secret) && whole.includes(`[redacted:${kind}]`), `${kind}: ${whole}`);
    assert(whole.startsWith("before\n") && whole.endsWith("after password\n"), whole);
    assertEquals(whole.split("\n").length, around.split("\n").length, "as many lines");
    const bytes = encoder.encode(around);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const split = redactChunks(plan, [bytes.slice(0, cut), bytes.slice(cut)]);
      assertEquals(split, whole, `${kind}, cut at ${cut}`);
    }
  }
});

Deno.test("Redactor.push() gives the same for random chunks, and never holds a finished line", () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = stream(seed, "chunks");
    let text = "";
    for (let n = 0; n < 30; n++) {
      text += random() < 0.5
        ? planted[integer(random, planted.length)].text
        : `${buildLine(n, random)}\n`;
    }
    const whole = redactText(text, plan), bytes = encoder.encode(text);
    const redactor = new Redactor(plan);
    let shown = "";
    for (let at = 0; at < bytes.length;) {
      const next = Math.min(bytes.length, at + 1 + integer(random, 60));
      shown += decoder.decode(redactor.push(bytes.slice(at, next)));
      if (bytes[next - 1] === 10) assertEquals(redactor.held, 0);
      assert(redactor.held <= 512, `${redactor.held} held`);
      at = next;
    }
    assertEquals(shown + decoder.decode(redactor.end()), whole);
    for (const { secret } of planted) assert(!whole.includes(secret), secret);
  }
});

Deno.test("Redactor hides what a loop of the regular expressions hides", () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = stream(seed, "peer");
    let text = "";
    for (let n = 0; n < 20; n++) {
      const one = planted[integer(random, planted.length)];
      text += random() < 0.5 && !one.isLiteral ? one.text : `${buildLine(n, random)}\n`;
    }
    let expected = text;
    for (const [name, pattern] of Object.entries(PATTERNS)) {
      expected = expected.replace(
        pattern,
        (hidden) => hidden.split("\n").map(() => `[redacted:${name}]`).join("\n"),
      );
    }
    assertEquals(redactText(text), expected);
  }
});

Deno.test("Redactor leaves ordinary lines as they are", () => {
  const random = stream(1, "ordinary");
  const text = Array.from({ length: 5000 }, (_, n) => `${buildLine(n, random)}\n`).join("");
  assertEquals(redactText(text, plan), text);
  const prose = "Bearer of news, a token of love, AKIA, eyJust, http://a:80/x, passwords: 3, " +
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  assertEquals(redactText(prose, plan), prose);
});

Deno.test("Redactor hides a literal inside of base64, percent-encoding and JSON", () => {
  const literal = 'pass/word+with 10 % "signs"';
  const options = { literals: [literal] };
  for (let before = 0; before < 3; before++) {
    const hidden = redactText(btoa(`${"x".repeat(before)}${literal}yyy`), options);
    assert(/^.{0,4}\[redacted:literal\].{0,8}$/.test(hidden), hidden);
  }
  assertEquals(redactText(encodeURIComponent(literal), options), "[redacted:literal]");
  assertEquals(redactText(JSON.stringify({ a: literal }), options), '{"a":"[redacted:literal]"}');
});

Deno.test("Redactor joins literals that overlap", () => {
  const options = { literals: ["abcdefgh", "abcdefghijkl", "ghijklmnop"] };
  assertEquals(
    redactText("<abcdefgh> <abcdefghijklmnop>", options),
    "<[redacted:literal]> <[redacted:literal]>",
  );
});

Deno.test("Redactor goes on swallowing a secret without end, in bounded memory", () => {
  const redactor = new Redactor(plan);
  let shown = decoder.decode(redactor.push(encoder.encode("password=")));
  for (let n = 0; n < 2000; n++) {
    shown += decoder.decode(redactor.push(encoder.encode("x".repeat(100))));
    assert(redactor.held <= 512);
  }
  shown += decoder.decode(redactor.push(encoder.encode(" end\n")));
  assertEquals(shown, "password=[redacted:key-value] end\n");
});

Deno.test("Redactor gives up a PEM block that never ends after 64 KiB", () => {
  const body = `${"A".repeat(63)}\n`.repeat(1100);
  const shown = redactText(`-----BEGIN EC PRIVATE KEY-----\n${body}back to normal\n`, plan);
  assert(shown.endsWith("back to normal\n"));
  assertEquals(shown.split("\n").length, 1103);
});
