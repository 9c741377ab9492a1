/**
 * Made-up secrets of nine kinds, and log lines to hide them in: what a redactor is tried with.
 *
 * None of them ever opened anything. Seeded: the same secrets every time.
 *
 * @module
 */

/** A secret in the text that carries it. */
export interface Planted {
  kind: string;
  /** What must not be seen. */
  secret: string;
  /** The text around it, one or several lines. */
  text: string;
  /** Only known word for word. */
  isLiteral: boolean;
}

const ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Random text of some characters. */
export function randomText(random: () => number, length: number, characters = ALNUM): string {
  let text = "";
  for (let n = 0; n < length; n++) text += characters[Math.floor(random() * characters.length)];
  return text;
}

type Maker = (random: () => number) => Omit<Planted, "kind">;
const plain = (secret: string, before: string, after = " done\n"): Omit<Planted, "kind"> => ({
  secret,
  text: `${before}${secret}${after}`,
  isLiteral: false,
});
const encoded = (value: unknown) =>
  btoa(JSON.stringify(value)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");

const MAKERS: Record<string, Maker> = {
  "aws-key": (random) => plain(`AKIA${randomText(random, 16, ALNUM.slice(0, 26))}`, "using key "),
  "google-key": (random) => plain(`AIza${randomText(random, 35)}`, "maps: "),
  "github-token": (random) => plain(`ghp_${randomText(random, 36)}`, "cloning with "),
  "bearer": (random) => plain(randomText(random, 24), "Authorization: Bearer "),
  "jwt": (random) =>
    plain(
      `${encoded({ alg: "HS256" })}.${encoded({ sub: randomText(random, 8) })}.${
        randomText(random, 43)
      }`,
      "session ",
    ),
  "pem": (random) => {
    const body = Array.from({ length: 4 }, () => randomText(random, 48)).join("\n");
    return {
      secret: body.slice(50, 90),
      text: `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`,
      isLiteral: false,
    };
  },
  "url": (random) =>
    plain(randomText(random, 14), "connecting to postgres://app:", "@db:5432/app\n"),
  "key-value": (random) => plain(randomText(random, 16), "starting with DB_PASSWORD="),
  "literal": (random) => ({ ...plain(randomText(random, 20), "answered "), isLiteral: true }),
};

/** The nine kinds. */
export const KINDS: readonly string[] = Object.keys(MAKERS);

/** Secrets of all kinds in turn. */
export function plantSecrets(count: number, random: () => number): Planted[] {
  return Array.from({ length: count }, (_, n) => {
    const kind = KINDS[n % KINDS.length];
    return { kind, ...MAKERS[kind](random) };
  });
}

/** Literals that a redactor must be told of. */
export function literalsOf(planted: readonly Planted[]): string[] {
  return planted.filter(({ isLiteral }) => isLiteral).map(({ secret }) => secret);
}

const VERBS = ["compiled", "linked", "uploaded", "tested", "cached", "resolved"];

/** A line as a build prints it; about 100 bytes without its line feed. */
export function buildLine(n: number, random: () => number): string {
  const verb = VERBS[Math.floor(random() * VERBS.length)];
  const millis = Math.floor(random() * 5000), module = Math.floor(random() * 97);
  const digest = randomText(random, 12, "0123456789abcdef");
  return `step ${n} ${verb} packages/module-${module}/src/index.ts in ${millis} ms, sha256 ${digest}, https://registry.example/m-${module}`;
}
