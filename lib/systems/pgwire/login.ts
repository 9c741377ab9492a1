/**
 * Opens a connection to a PostgreSQL server and logs in.
 *
 * @module
 */
import * as frontend from "./frontend.ts";
import { PayloadReader, readError } from "./decode.ts";
import { MessageReader } from "./message_reader.ts";
import { ProtocolError } from "./protocol_error.ts";
import { ScramClient } from "./scram.ts";
import { SocketWriter } from "./socket_writer.ts";

export interface ServerAddress {
  hostname: string;
  port: number;
}

export interface Login extends ServerAddress {
  user: string;
  database: string;
  password?: string;
  /** Further parameters of the startup packet. */
  parameters?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/** A connection that is ready for queries. */
export interface LoggedIn {
  connection: Deno.TcpConn;
  reader: MessageReader;
  writer: SocketWriter;
  /** What the server reported about itself, in its order. */
  parameters: [name: string, value: string][];
  key: { pid: number; secret: number };
}

const decoder = new TextDecoder();

/** @throws {PgError} with what the server answers; errors of the network as they are */
export async function login(options: Login): Promise<LoggedIn> {
  const { hostname, port, user, database, password = "", parameters = {}, signal } = options;
  const connection = await Deno.connect({ hostname, port, signal });
  const abort = () => connection.close();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    connection.setNoDelay(true);
    const reader = new MessageReader();
    const writer = new SocketWriter(connection);
    await writer.write(frontend.startup({ user, database, ...parameters }));
    const reported = await converse(connection, reader, writer, password);
    return { connection, reader, writer, ...reported };
  } catch (error) {
    try {
      connection.close();
    } catch {
      // Closed already.
    }
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

async function converse(
  connection: Deno.TcpConn,
  reader: MessageReader,
  writer: SocketWriter,
  password: string,
): Promise<Pick<LoggedIn, "parameters" | "key">> {
  const buffer = new Uint8Array(8192);
  const parameters: [string, string][] = [];
  const key = { pid: 0, secret: 0 };
  const scram = new ScramClient(password);
  for (;;) {
    while (!reader.next()) {
      const read = await connection.read(buffer);
      if (read === null) {
        throw new Deno.errors.ConnectionReset("The server closed the connection during login");
      }
      reader.push(buffer.subarray(0, read));
    }
    const payload = new PayloadReader(reader.payload);
    switch (String.fromCharCode(reader.type)) {
      case "R":
        await authenticate(payload, scram, writer, password);
        break;
      case "S":
        parameters.push([payload.text(), payload.text()]);
        break;
      case "K":
        key.pid = payload.int32();
        key.secret = payload.int32();
        break;
      case "E":
        throw readError(reader.payload);
      case "Z":
        return { parameters, key };
    }
  }
}

async function authenticate(
  payload: PayloadReader,
  scram: ScramClient,
  writer: SocketWriter,
  password: string,
): Promise<void> {
  const kind = payload.int32();
  const text = () => decoder.decode(payload.take(payload.left));
  if (kind === 0) return;
  if (kind === 3) return await writer.write(frontend.password(password));
  if (kind === 10) {
    return await writer.write(frontend.saslInitial("SCRAM-SHA-256", scram.first()));
  }
  if (kind === 11) return await writer.write(frontend.saslResponse(scram.answer(text())));
  if (kind === 12 && scram.trusts(text())) return;
  throw new ProtocolError(
    `Cannot log in: the server must ask for SCRAM-SHA-256 and know the password: received authentication ${kind}`,
  );
}
