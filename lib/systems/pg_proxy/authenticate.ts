/**
 * The server's side of a login with SCRAM-SHA-256, without the AuthenticationOk at its end.
 *
 * @module
 */
import * as backend from "../pgwire/backend.ts";
import { PayloadReader } from "../pgwire/decode.ts";
import { PgError, ProtocolError } from "../pgwire/protocol_error.ts";
import { ScramServer } from "../pgwire/scram.ts";
import type { SocketWriter } from "../pgwire/socket_writer.ts";
import type { TenantPool } from "./tenant_pool.ts";

const decoder = new TextDecoder();

/** @throws {PgError} 28P01 for a wrong password */
export async function authenticate(
  { tenant, verifier }: TenantPool,
  writer: SocketWriter,
  next: () => Promise<Uint8Array>,
): Promise<void> {
  await writer.write(backend.authenticationSasl(["SCRAM-SHA-256"]));
  const initial = new PayloadReader(await next());
  const mechanism = initial.text();
  if (mechanism !== "SCRAM-SHA-256") {
    throw new ProtocolError(
      `Cannot authenticate: mechanism must be SCRAM-SHA-256: received ${mechanism}`,
    );
  }
  const scram = new ScramServer(verifier);
  const challenge = scram.challenge(decoder.decode(initial.take(initial.int32())));
  await writer.write(backend.authenticationSaslContinue(challenge));
  const final = scram.check(decoder.decode(await next()));
  if (final === undefined) {
    throw new PgError(
      "28P01",
      `password authentication failed for user "${tenant.user}"`,
      "FATAL",
    );
  }
  await writer.write(backend.authenticationSaslFinal(final));
}
