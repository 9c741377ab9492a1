/**
 * Short-lived tokens for agents and viewers: a JSON Web Token that names the tenant, signed with HMAC-SHA-256.
 *
 * @example
 * ```ts
 * import { signToken, tokenKey, verifyToken } from "lib/systems/log_stream/token.ts";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const key = await tokenKey("at least thirty-two bytes of secret");
 * const token = await signToken({ tenant: "acme", sub: "agent-1", role: "agent", exp: 100 }, key);
 * assertEquals((await verifyToken(token, key, 99_000)).tenant, "acme");
 * await assertRejects(() => verifyToken(token, key, 100_000), Error, "expired");
 * ```
 *
 * Source: RFC 7519, RFC 7515.
 *
 * @module
 */

/** What a token says. */
export interface Claims {
  tenant: string;
  sub: string;
  role: "agent" | "viewer";
  /** Seconds since 1970 at which it is worth nothing any more. */
  exp: number;
}

/** A token that must not be trusted. */
export class InvalidTokenError extends Error {
  override name = "InvalidTokenError";
}

const encoder = new TextEncoder(), decoder = new TextDecoder();
const HEADER = toBase64Url(encoder.encode('{"alg":"HS256","typ":"JWT"}'));

/** Bytes as base64url without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_")
    .replaceAll("=", "");
}

/**
 * The bytes of base64url.
 *
 * @throws {SyntaxError} for other characters
 */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) {
    throw new SyntaxError("Cannot read base64url: received another character");
  }
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** A key for signing and for checking. */
export function tokenKey(secret: string): Promise<CryptoKey> {
  const bytes = encoder.encode(secret);
  if (bytes.length < 32) {
    throw new RangeError(
      `Cannot make key: secret must have at least 32 bytes: received ${bytes.length}`,
    );
  }
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign", "verify"]);
}

/** A signed token. */
export async function signToken(claims: Claims, key: CryptoKey): Promise<string> {
  const signed = `${HEADER}.${toBase64Url(encoder.encode(JSON.stringify(claims)))}`;
  const signature = await crypto.subtle.sign("HMAC", key, encoder.encode(signed));
  return `${signed}.${toBase64Url(new Uint8Array(signature))}`;
}

/**
 * The claims of a token that is genuine and not expired.
 *
 * @throws {InvalidTokenError} for any other
 */
export async function verifyToken(token: string, key: CryptoKey, nowMs: number): Promise<Claims> {
  const [header, body, signature, ...others] = token.split(".");
  // The header is compared, not obeyed: a token cannot choose its algorithm.
  if (header !== HEADER || signature === undefined || others.length > 0) {
    throw new InvalidTokenError("Cannot accept token: it must be a JWT signed with HS256");
  }
  let isGenuine = false, claims: Claims | undefined;
  try {
    const signed = encoder.encode(`${header}.${body}`);
    isGenuine = await crypto.subtle.verify("HMAC", key, fromBase64Url(signature), signed);
    if (isGenuine) claims = JSON.parse(decoder.decode(fromBase64Url(body)));
  } catch {
    isGenuine = false;
  }
  if (!isGenuine || claims === undefined) {
    throw new InvalidTokenError("Cannot accept token: its signature is wrong");
  }
  if (!(claims.exp * 1000 > nowMs)) {
    throw new InvalidTokenError("Cannot accept token: it has expired");
  }
  return claims;
}
