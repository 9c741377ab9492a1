/**
 * The rules for secrets that anybody may log: cloud keys, tokens, private keys, passwords in addresses and settings.
 *
 * Each pattern is also there as the regular expression that says the same of whole texts, so that both can be compared.
 *
 * Simplified: names of settings are known in lower case, upper case and with a capital; a JWT is told by its beginning, the
 * base64 of `{"`.
 *
 * @module
 */
import { byteClass, type Match, type Rule, runEnd, token, type View } from "./rule.ts";

const BASE64URL = byteClass("A-Za-z0-9_\\-");
const BEARER = byteClass("A-Za-z0-9._~+/=\\-");
const JWT = byteClass("A-Za-z0-9_.\\-");
const BLANK = byteClass(" \\t");
const VALUE = byteClass("\\x21-\\x7e").map((member, byte) =>
  "\"'`,;&<>".includes(String.fromCharCode(byte)) ? 0 : member
);
const USER = byteClass("A-Za-z0-9._~%+\\-");
const PASSWORD = VALUE.map((member, byte) =>
  "@/:".includes(String.fromCharCode(byte)) ? 0 : member
);
const LABEL = byteClass("A-Z0-9 ");
const [DASH, COLON, EQUALS, AT, QUOTE, APOSTROPHE, BACKSLASH] = [..."-:=@\"'\\"].map((c) =>
  c.charCodeAt(0)
);
const [LONGEST_USER, LONGEST_PASSWORD, LEAST_VALUE, LONGEST_LABEL] = [64, 256, 6, 40];

const NAMES = [
  "password",
  "passwd",
  "pwd",
  "secret",
  "token",
  "api_key",
  "apikey",
  "api-key",
  "access_key",
  "private_key",
];
const cases = (name: string) => [name, name.toUpperCase(), name[0].toUpperCase() + name.slice(1)];

/** `scheme://user:password@host`: the password. */
const urlPassword: Rule = {
  name: "url",
  triggers: ["://"],
  match(view, _at, after) {
    const { bytes, end } = view;
    const colon = runEnd(view, after, USER);
    if (colon - after > LONGEST_USER) return undefined;
    if (colon === end) return "more";
    if (bytes[colon] !== COLON) return undefined;
    const close = runEnd(view, colon + 1, PASSWORD);
    if (close - colon > LONGEST_PASSWORD) return undefined;
    if (close === end) return "more";
    return bytes[close] === AT && close > colon + 1 ? { start: colon + 1, end: close } : undefined;
  },
};

/** `name=value`, `name: value`, `"name": "value"`: the value. */
const keyValue: Rule = {
  name: "key-value",
  triggers: NAMES.flatMap(cases),
  match(view, _at, after) {
    const { bytes, end } = view;
    let at = skipQuote(view, after);
    at = runEnd(view, at, BLANK);
    if (at === end) return "more";
    if (bytes[at] !== EQUALS && bytes[at] !== COLON) return undefined;
    at = runEnd(view, at + 1, BLANK);
    at = skipQuote(view, at);
    const close = runEnd(view, at, VALUE);
    if (close - at < LEAST_VALUE) return close === end ? "more" : undefined;
    return { start: at, end: close, swallow: VALUE };
  },
};

function skipQuote({ bytes, end }: View, from: number): number {
  let at = from;
  if (at < end && bytes[at] === BACKSLASH) at++;
  if (at < end && (bytes[at] === QUOTE || bytes[at] === APOSTROPHE)) at++;
  return at;
}

/** A PEM block of a private key, over as many lines as it takes. */
const pem: Rule = {
  name: "pem",
  triggers: ["-----BEGIN "],
  match(view, at, after): Match | "more" | undefined {
    const { bytes, end } = view;
    const label = runEnd(view, after, LABEL);
    if (label - after > LONGEST_LABEL) return undefined;
    if (label === end) return "more";
    if (bytes[label] !== DASH) return undefined;
    const text = String.fromCharCode(...bytes.subarray(after, label));
    return text.endsWith("PRIVATE KEY") ? { start: at, end: label, block: true } : undefined;
  },
};

/** The rules without registered literals. */
export const RULES: readonly Rule[] = [
  token("aws-key", ["AKIA", "ASIA"], { members: byteClass("A-Z0-9"), least: 16 }),
  token("google-key", ["AIza"], { members: BASE64URL, least: 35 }),
  token("github-token", ["ghp_", "gho_", "ghs_"], { members: byteClass("A-Za-z0-9"), least: 36 }),
  token("bearer", ["Bearer ", "bearer "], { members: BEARER, least: 8, keepTrigger: true }),
  token("jwt", ["eyJ"], { members: JWT, least: 16 }),
  pem,
  urlPassword,
  keyValue,
];

/** The same for a whole text: what a loop of regular expressions would use. */
export const PATTERNS: Record<string, RegExp> = {
  "aws-key": /(?<![A-Za-z0-9_])(?:AKIA|ASIA)[A-Z0-9]{16,}/g,
  "google-key": /(?<![A-Za-z0-9_])AIza[A-Za-z0-9_-]{35,}/g,
  "github-token": /(?<![A-Za-z0-9_])gh[pos]_[A-Za-z0-9]{36,}/g,
  "bearer": /(?<=(?<![A-Za-z0-9_])[Bb]earer )[A-Za-z0-9._~+/=-]{8,}/g,
  "jwt": /(?<![A-Za-z0-9_])eyJ[A-Za-z0-9_.-]{16,}/g,
  "pem": /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]*?-----END [A-Z0-9 ]*-----/g,
  "url": /(?<=:\/\/[A-Za-z0-9._~%+-]{0,64}:)[^\s"'`,;&<>@/:]{1,256}(?=@)/g,
  "key-value": new RegExp(
    `(?<=(?:${
      NAMES.flatMap(cases).join("|")
    })\\\\?["']?[ \\t]*[=:][ \\t]*\\\\?["']?)[^\\s"'\`,;&<>]{6,}`,
    "g",
  ),
};

/** Shortest literal that is worth hiding: shorter ones would hide ordinary words. */
export const SHORTEST_LITERAL = 8;

/** The rule for secrets that are known word for word, also inside of base64 and percent-encoding. */
export function literalRule(literals: readonly string[]): Rule {
  const lines = literals.flatMap((literal) => literal.split(/\r\n|\r|\n/));
  const worthy = lines.filter((line) => new TextEncoder().encode(line).length >= SHORTEST_LITERAL);
  const triggers = new Set(worthy.flatMap((line) => [
    line,
    encodeURIComponent(line),
    JSON.stringify(line).slice(1, -1),
    ...base64Cores(line),
  ]));
  return {
    name: "literal",
    triggers: [...triggers].filter(({ length }) => length >= SHORTEST_LITERAL),
    match: (_view, at, after) => ({ start: at, end: after }),
  };
}

/** What base64 makes of a literal wherever it stands in the encoded bytes: a text for each of three alignments. */
function base64Cores(literal: string): string[] {
  const bytes = new TextEncoder().encode(literal);
  return [0, 1, 2].flatMap((before) => {
    const padded = new Uint8Array(before + bytes.length);
    padded.set(bytes, before);
    const text = btoa(String.fromCharCode(...padded)).replace(/=+$/, "");
    // Characters that depend on neighbouring bytes are left out.
    const from = Math.ceil(before * 8 / 6), to = Math.floor(padded.length * 8 / 6);
    const core = text.slice(from, to);
    return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });
}
