/**
 * SCRAM-SHA-256: proves that both sides know a password without sending it.
 *
 * The server keeps `storedKey` and `serverKey`, from which the password cannot be had. The client signs the
 * conversation with a key that only the password gives; the server checks it against the hash that it keeps, and signs
 * with a key that the client can check.
 *
 * Simplified: no channel binding, and passwords are taken as they are, without SASLprep.
 *
 * @example
 * ```ts
 * import { ScramClient, ScramServer, verifier } from "lib/systems/pgwire/scram.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new ScramClient("pencil");
 * const server = new ScramServer(verifier("pencil"));
 * const first = server.challenge(client.first());
 * const last = server.check(client.answer(first));
 * assertEquals(client.trusts(last!), true);
 * ```
 *
 * Source: RFC 5802 and RFC 7677.
 *
 * @module
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { ProtocolError } from "./protocol_error.ts";

/** What a server keeps of a password. */
export interface Verifier {
  salt: Uint8Array;
  iterations: number;
  storedKey: Uint8Array;
  serverKey: Uint8Array;
}

const hmac = (key: Uint8Array, text: string) => createHmac("sha256", key).update(text).digest();
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const base64 = (bytes: Uint8Array) => bytes.toBase64();
const nonce = () => randomBytes(18).toString("base64");

/** Salted passwords by their inputs: thousands of hashes each, the same for every connection of a user. */
const salted = new Map<string, Uint8Array>();

function saltedPassword(password: string, salt: Uint8Array, iterations: number): Uint8Array {
  const key = `${iterations} ${base64(salt)} ${password}`;
  let found = salted.get(key);
  if (found === undefined) {
    found = pbkdf2Sync(password, salt, iterations, 32, "sha256");
    salted.set(key, found);
  }
  return found;
}

/** Derives what a server keeps. */
export function verifier(
  password: string,
  options: { salt?: Uint8Array; iterations?: number } = {},
): Verifier {
  const { salt = randomBytes(16), iterations = 4096 } = options;
  const secret = saltedPassword(password, salt, iterations);
  return {
    salt,
    iterations,
    storedKey: hash(hmac(secret, "Client Key")),
    serverKey: hmac(secret, "Server Key"),
  };
}

/** `a=1,b=2` as an object; a value may hold `=`. */
function fieldsOf(text: string): Record<string, string> {
  return Object.fromEntries(text.split(",").map((field) => [field[0], field.slice(2)]));
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ b[i]);
}

export class ScramClient {
  #password: string;
  #nonce: string;
  #firstBare: string;
  #serverSignature: Uint8Array | undefined;

  constructor(password: string, options: { user?: string; nonce?: string } = {}) {
    this.#password = password;
    this.#nonce = options.nonce ?? nonce();
    // PostgreSQL takes the name from the startup packet.
    this.#firstBare = `n=${options.user ?? ""},r=${this.#nonce}`;
  }

  first(): string {
    return `n,,${this.#firstBare}`;
  }

  /** Answers the server's challenge. @throws {ProtocolError} when its nonce does not continue ours */
  answer(challenge: string): string {
    const { r = "", s = "", i = "" } = fieldsOf(challenge);
    if (!r.startsWith(this.#nonce) || r.length === this.#nonce.length || !(Number(i) > 0)) {
      throw new ProtocolError(
        "Cannot authenticate: the server's nonce must continue ours: received another",
      );
    }
    const secret = saltedPassword(this.#password, Uint8Array.fromBase64(s), Number(i));
    const clientKey = hmac(secret, "Client Key");
    const bare = `c=biws,r=${r}`;
    const conversation = `${this.#firstBare},${challenge},${bare}`;
    this.#serverSignature = hmac(hmac(secret, "Server Key"), conversation);
    const proof = xor(clientKey, hmac(hash(clientKey), conversation));
    return `${bare},p=${base64(proof)}`;
  }

  /** Whether the server proved that it knows the password. */
  trusts(final: string): boolean {
    const { v = "" } = fieldsOf(final);
    return this.#serverSignature !== undefined && v === base64(this.#serverSignature);
  }
}

export class ScramServer {
  #verifier: Verifier;
  #own: string;
  #clientFirst = "";
  #challenge = "";
  #nonce = "";

  constructor(verifier: Verifier, options: { nonce?: string } = {}) {
    this.#verifier = verifier;
    this.#own = options.nonce ?? nonce();
  }

  /** The challenge to a client's first message. @throws {ProtocolError} for one that binds a channel, or is none */
  challenge(first: string): string {
    const match = first.match(/^[ny],,(n=[^,]*,r=([^,]+).*)$/);
    if (match === null) {
      throw new ProtocolError('Cannot authenticate: SASL must begin with "n,,": received another');
    }
    this.#clientFirst = match[1];
    this.#nonce = match[2] + this.#own;
    const { salt, iterations } = this.#verifier;
    this.#challenge = `r=${this.#nonce},s=${base64(salt)},i=${iterations}`;
    return this.#challenge;
  }

  /** The server's own proof, or undefined when the client's is wrong. */
  check(answer: string): string | undefined {
    const { r, p = "" } = fieldsOf(answer);
    if (r !== this.#nonce) return undefined;
    const bare = answer.slice(0, answer.lastIndexOf(",p="));
    const conversation = `${this.#clientFirst},${this.#challenge},${bare}`;
    const { storedKey, serverKey } = this.#verifier;
    let proof: Uint8Array;
    try {
      proof = Uint8Array.fromBase64(p);
    } catch {
      return undefined;
    }
    if (proof.length !== 32) return undefined;
    const clientKey = xor(proof, hmac(storedKey, conversation));
    if (!timingSafeEqual(hash(clientKey), storedKey)) return undefined;
    return `v=${base64(hmac(serverKey, conversation))}`;
  }
}
