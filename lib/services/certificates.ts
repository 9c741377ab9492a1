/**
 * Certificates for servers and clients on this machine, signed by an authority that exists as long as the notebook.
 *
 * The system's openssl makes them in a temporary folder that is gone a moment later; what is kept are texts (PEM). Keys
 * are on the curve P-256. A certificate may also have run out, or come from another authority, to be refused.
 *
 * @example
 * ```ts
 * import { CertificateAuthority } from "./certificates.ts";
 * import { assertMatch } from "@std/assert";
 *
 * const authority = await CertificateAuthority.create();
 * const server = await authority.issue("localhost");
 * assertMatch(server.certificate, /^-----BEGIN CERTIFICATE-----/);
 * ```
 *
 * @module
 */
import { join } from "node:path";
import { isIP } from "node:net";
import { findBinaries } from "./binaries.ts";

/** A certificate with its key, as PEM. */
export interface Certificate {
  certificate: string;
  /** PKCS #8, without a password. */
  key: string;
  /** Hexadecimal, as openssl and TLS libraries show it. */
  serial: string;
  notBefore: Date;
  notAfter: Date;
}

/** What a server in front of others encrypts with, as PEM: the certificate that clients are shown. */
export interface ServerTls {
  certificate: string;
  key: string;
  /** Who signed it, for our own clients to check it. Default: the authorities that the system knows. */
  authority?: string;
  /** Who must have signed the certificates of clients; without it they need none. */
  clientAuthority?: string;
  /** What our own clients show, where they need one. */
  client?: { certificate: string; key: string };
}

export interface CertificateOptions {
  /** Names and addresses of a server. Default: localhost, 127.0.0.1 and ::1. */
  hosts?: readonly string[];
  /** The organisation in the subject, for example a tenant. */
  organization?: string;
  /** From now, or from ten days ago where it is expired. Default: 1. */
  days?: number;
  /** It ran out yesterday. */
  expired?: boolean;
}

const DAY_MS = 86_400_000;
/** Clocks that are a little slow accept it too. */
const SKEW_MS = 5 * 60_000;

const CONFIG = `[ca]
default_ca = workshop
[workshop]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
organizationName = optional
[req]
distinguished_name = subject
[subject]
`;

const AUTHORITY_EXTENSIONS = `basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
`;

/** Both ends of a connection may show it. */
function leafExtensions(hosts: readonly string[]): string {
  const names = hosts.map((host) => `${isIP(host) === 0 ? "DNS" : "IP"}:${host}`);
  return `basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
authorityKeyIdentifier = keyid
subjectAltName = ${names.join(", ")}
`;
}

function checkName(what: string, value: string): void {
  if (/^[\w .:@*-]+$/.test(value)) return;
  throw new TypeError(
    `Cannot make a certificate: ${what} must be letters, digits, spaces and . : @ * - _: received ${value}`,
  );
}

async function run(folder: string, ...args: string[]): Promise<void> {
  const [openssl] = findBinaries("openssl");
  if (openssl === undefined) {
    throw new Error(
      "Cannot make a certificate: openssl must be on the PATH: received none. " +
        "Install it (`apt-get install openssl`, `brew install openssl`)",
    );
  }
  // Of the system's configuration nothing counts.
  const env = { OPENSSL_CONF: join(folder, "config") };
  const { success, stderr } = await new Deno.Command(openssl.path, {
    args,
    cwd: folder,
    env,
  }).output();
  if (success) return;
  throw new Error(
    `Cannot make a certificate: openssl ${args[0]} must succeed: received this from it:\n` +
      new TextDecoder().decode(stderr).trimEnd(),
  );
}

/** A time as ASN.1 has it. */
function asn1(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "");
}

/** Positive, and without a leading zero, which some TLS libraries show and some do not. */
function newSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = 0x40 | bytes[0] & 0x3f;
  return bytes.toHex().toUpperCase();
}

interface Signing {
  subject: string;
  extensions: string;
  notBeforeMs: number;
  notAfterMs: number;
  /** Who signs; undefined: the certificate's own key does. */
  authority?: Certificate;
}

async function sign(signing: Signing): Promise<Certificate> {
  const { subject, extensions, notBeforeMs, notAfterMs, authority } = signing;
  const folder = await Deno.makeTempDir({ prefix: "certificate-" });
  const write = (name: string, text: string) =>
    Deno.writeTextFile(join(folder, name), text, { mode: 0o600 });
  const read = (name: string) => Deno.readTextFile(join(folder, name));
  try {
    await write("config", CONFIG);
    await write("extensions", extensions);
    await write("index.txt", "");
    const serial = newSerial();
    await write("serial", `${serial}\n`);
    if (authority !== undefined) {
      await write("authority.pem", authority.certificate);
      await write("authority.key", authority.key);
    }
    const curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
    await run(folder, "genpkey", ...curve, "-out", "key");
    await run(folder, "req", "-new", "-key", "key", "-subj", subject, "-out", "request");
    const signer = authority === undefined
      ? ["-selfsign", "-keyfile", "key"]
      : ["-cert", "authority.pem", "-keyfile", "authority.key"];
    const dates = ["-startdate", asn1(notBeforeMs), "-enddate", asn1(notAfterMs)];
    const files = ["-in", "request", "-extfile", "extensions", "-out", "certificate"];
    const flags = ["-config", "config", "-batch", "-notext"];
    await run(folder, "ca", ...flags, ...signer, ...dates, ...files);
    return {
      certificate: await read("certificate"),
      key: await read("key"),
      serial,
      notBefore: new Date(notBeforeMs),
      notAfter: new Date(notAfterMs),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Signs certificates. */
export class CertificateAuthority {
  /** Its own certificate, which those who trust it need. */
  readonly certificate: string;
  #own: Certificate;

  private constructor(own: Certificate) {
    this.#own = own;
    this.certificate = own.certificate;
  }

  /** Makes an authority. @throws {Error} where there is no openssl */
  static async create(name = "Workshop authority"): Promise<CertificateAuthority> {
    checkName("name", name);
    const nowMs = Date.now();
    const own = await sign({
      subject: `/CN=${name}`,
      extensions: AUTHORITY_EXTENSIONS,
      // Older than any certificate that it signs as expired.
      notBeforeMs: nowMs - 30 * DAY_MS,
      notAfterMs: nowMs + 365 * DAY_MS,
    });
    return new CertificateAuthority(own);
  }

  /** Signs a certificate for a server or a client of that name. */
  async issue(name: string, options: CertificateOptions = {}): Promise<Certificate> {
    const { hosts = ["localhost", "127.0.0.1", "::1"], organization, days = 1, expired } = options;
    checkName("name", name);
    for (const host of hosts) checkName("hosts", host);
    if (organization !== undefined) checkName("organization", organization);
    if (!(days > 0 && days <= 365)) {
      throw new RangeError(
        `Cannot make a certificate: days must be above 0 and at most 365: received ${days}`,
      );
    }
    const nowMs = Date.now();
    return await sign({
      subject: `/CN=${name}${organization === undefined ? "" : `/O=${organization}`}`,
      extensions: leafExtensions(hosts),
      notBeforeMs: expired ? nowMs - 10 * DAY_MS : nowMs - SKEW_MS,
      notAfterMs: expired ? nowMs - DAY_MS : nowMs + days * DAY_MS,
      authority: this.#own,
    });
  }
}
