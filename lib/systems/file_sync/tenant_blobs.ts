/**
 * Blobs at rest, each tenant's under keys of its own: a stolen disk shows neither bytes nor which files they are.
 *
 * From one master key HKDF-SHA-256 derives three for each tenant: one encrypts (AES-256-GCM, a fresh 96-bit nonce a
 * blob), one names blobs on disk (HMAC-SHA-256 of their hash), one names the tenant's folder. Whoever could compute a
 * blob's name from its content could ask the disk whether a tenant has a known file; without the key nobody can. The
 * hash goes into the seal, so that a blob under another's name does not open.
 *
 * The price is deduplication across tenants: equal bytes of two tenants are two blobs, with no sign that they are equal.
 *
 * Simplified: the master key is given, and does not rotate; a service has it in a key store, and seals anew under a
 * second one while the first still opens. Lengths show, but for the 28 bytes that each blob grows by.
 *
 * @example
 * ```ts
 * import { TenantBlobs } from "lib/systems/file_sync/tenant_blobs.ts";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const tenants = new TenantBlobs(folder, crypto.getRandomValues(new Uint8Array(32)));
 * const bytes = new TextEncoder().encode("salaries");
 * const hash = await tenants.of("acme").put(bytes);
 * assertEquals(await tenants.of("acme").get(hash), bytes);
 * await assertRejects(() => tenants.of("umbrella").get(hash), Deno.errors.NotFound);
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * Source: RFC 5869 (HKDF); NIST SP 800-38D (GCM).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { type BlobSeal, BlobStore } from "./blobs.ts";

const CIPHER = "aes-256-gcm";
const NONCE = 12, TAG = 16;

/** 32 bytes for one purpose of one tenant; length and order keep purposes and tenants apart. */
function derive(master: Uint8Array, purpose: "seal" | "name" | "folder", tenant: string): Buffer {
  return Buffer.from(hkdfSync("sha256", master, "", `file-sync ${purpose}\0${tenant}`, 32));
}

function sealOf(master: Uint8Array, tenant: string): BlobSeal {
  const key = derive(master, "seal", tenant), nameKey = derive(master, "name", tenant);
  return {
    nameOf: (hash) => createHmac("sha256", nameKey).update(hash).digest("hex"),
    seal(hash, bytes) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(hash, "hex"));
      const sealed = [nonce, cipher.update(bytes), cipher.final()];
      return new Uint8Array(Buffer.concat([...sealed, cipher.getAuthTag()]));
    },
    open(hash, sealed) {
      if (sealed.length < NONCE + TAG) throw new Error("a seal must be whole");
      const end = sealed.length - TAG;
      const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE));
      decipher.setAAD(Buffer.from(hash, "hex")).setAuthTag(sealed.subarray(end));
      const opened = decipher.update(sealed.subarray(NONCE, end));
      return new Uint8Array(Buffer.concat([opened, decipher.final()]));
    },
  };
}

/** A store a tenant, below one folder. */
export class TenantBlobs {
  readonly folder: string;
  #master: Uint8Array;
  #stores = new Map<string, BlobStore>();

  /** @throws {RangeError} when the master key is not 32 bytes */
  constructor(folder: string, master: Uint8Array) {
    if (master.length !== 32) {
      throw new RangeError(
        `Cannot encrypt blobs: the master key must be 32 bytes: received ${master.length}`,
      );
    }
    this.folder = folder;
    this.#master = master.slice();
  }

  /** The tenant's store; the same one each time. */
  of(tenant: string): BlobStore {
    let store = this.#stores.get(tenant);
    if (store === undefined) {
      const folder = derive(this.#master, "folder", tenant).toString("hex");
      store = new BlobStore(join(this.folder, folder), sealOf(this.#master, tenant));
      this.#stores.set(tenant, store);
    }
    return store;
  }
}
