/**
 * What a secret looks like: literal strings that announce it, and a function that says how far it reaches.
 *
 * All triggers of all rules are searched for in one pass; a rule is asked only where one of its triggers stands. It answers
 * with the bytes to hide, `undefined` for no secret, or `"more"` when the bytes end before it can tell. Where a secret
 * reaches the end of the bytes, `swallow` says which bytes would continue it.
 *
 * @module
 */

/** Where a secret lies; `end` is past its last byte. */
export interface Match {
  start: number;
  end: number;
  /** By byte value, 1 for what continues a secret that reaches the end of the bytes. */
  swallow?: Uint8Array;
  /** It ends only with the end of a PEM block. */
  block?: boolean;
}

/** Bytes that a rule looks at: those before `end`. */
export interface View {
  bytes: Uint8Array;
  end: number;
}

/** A kind of secret. */
export interface Rule {
  name: string;
  triggers: readonly string[];
  /** `at`: the first byte of the trigger; `after`: past its last one. */
  match(view: View, at: number, after: number): Match | "more" | undefined;
}

/** A table of the bytes that a character class matches, such as `A-Za-z0-9_`. */
export function byteClass(characters: string): Uint8Array {
  const pattern = new RegExp(`[${characters}]`);
  return Uint8Array.from(
    { length: 256 },
    (_, byte) => byte < 128 ? (pattern.test(String.fromCharCode(byte)) ? 1 : 0) : 0,
  );
}

const WORD = byteClass("A-Za-z0-9_");

/** Where a run of such bytes ends, at most at `end`. */
export function runEnd({ bytes, end }: View, from: number, members: Uint8Array): number {
  let at = from;
  while (at < end && members[bytes[at]] === 1) at++;
  return at;
}

/** Reports whether a word begins here. */
export function beginsWord({ bytes }: View, at: number): boolean {
  return at === 0 || WORD[bytes[at - 1]] === 0;
}

/** A secret that begins with its trigger and goes on with at least `least` bytes of a class. */
export function token(
  name: string,
  triggers: readonly string[],
  { members, least, keepTrigger = false }: {
    members: Uint8Array;
    least: number;
    /** The trigger itself is no secret. */
    keepTrigger?: boolean;
  },
): Rule {
  return {
    name,
    triggers,
    match(view, at, after) {
      if (!beginsWord(view, at)) return undefined;
      const end = runEnd(view, after, members);
      if (end - after < least) return end === view.end ? "more" : undefined;
      return { start: keepTrigger ? after : at, end, swallow: members };
    },
  };
}
