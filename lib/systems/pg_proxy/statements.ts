/**
 * A client's prepared statements, and what its messages become on a server connection that may never have seen them.
 *
 * @module
 */
import * as frontend from "../pgwire/frontend.ts";
import { PayloadReader } from "../pgwire/decode.ts";
import { concat, message } from "../pgwire/message_writer.ts";
import type { PendingAnswers } from "./pending_answers.ts";

const decoder = new TextDecoder();

/** Names that all clients of a proxy share: one for each text and its parameter types. */
export class StatementNames {
  #names = new Map<string, string>();

  /** `tail` is a Parse message after its name. */
  nameOf(tail: Uint8Array): string {
    const text = decoder.decode(tail);
    let name = this.#names.get(text);
    if (name === undefined) this.#names.set(text, name = `pool_${this.#names.size + 1}`);
    return name;
  }
}

interface Statement {
  name: string;
  /** The Parse message after its name. */
  tail: Uint8Array;
}

export class ClientStatements {
  #names: StatementNames;
  #statements = new Map<string, Statement>();

  constructor(names: StatementNames) {
    this.#names = names;
  }

  /** What to send to the server for a Parse, Bind, Describe or Close of the client. */
  rewrite(type: number, bytes: Uint8Array, pending: PendingAnswers): Uint8Array {
    const payload = new PayloadReader(bytes.subarray(5));
    switch (type) {
      case 0x50: // P
        return this.#parse(payload, bytes, pending);
      case 0x42: // B
        return this.#bind(payload, bytes, pending);
      case 0x44: // D
        return this.#describe(payload, bytes, pending);
      case 0x43: // C
        return this.#close(payload, bytes, pending);
      default:
        return bytes;
    }
  }

  #parse(payload: PayloadReader, bytes: Uint8Array, pending: PendingAnswers): Uint8Array {
    const clientName = payload.text();
    if (clientName === "") {
      pending.parse("", false);
      return bytes;
    }
    const tail = payload.take(payload.left).slice();
    const name = this.#names.nameOf(tail);
    this.#statements.set(clientName, { name, tail });
    if (pending.has(name)) {
      pending.close(true);
      return frontend.close("S", "no such statement");
    }
    pending.parse(name, false);
    return message("P", name, tail);
  }

  #bind(payload: PayloadReader, bytes: Uint8Array, pending: PendingAnswers): Uint8Array {
    const portal = payload.text();
    const statement = this.#statements.get(payload.text());
    if (statement === undefined) return bytes;
    const bind = message("B", portal, statement.name, payload.take(payload.left));
    return concat([...this.#parseAgain(statement, pending), bind]);
  }

  #describe(payload: PayloadReader, bytes: Uint8Array, pending: PendingAnswers): Uint8Array {
    const isStatement = payload.byte() === 0x53;
    const statement = isStatement ? this.#statements.get(payload.text()) : undefined;
    if (statement === undefined) return bytes;
    return concat([
      ...this.#parseAgain(statement, pending),
      frontend.describe("S", statement.name),
    ]);
  }

  #close(payload: PayloadReader, bytes: Uint8Array, pending: PendingAnswers): Uint8Array {
    pending.close(false);
    const isStatement = payload.byte() === 0x53;
    // The server keeps it: other clients use the same text.
    const wasOurs = isStatement && this.#statements.delete(payload.text());
    return wasOurs ? frontend.close("S", "no such statement") : bytes;
  }

  #parseAgain({ name, tail }: Statement, pending: PendingAnswers): Uint8Array[] {
    if (pending.has(name)) return [];
    pending.parse(name, true);
    return [message("P", name, tail)];
  }
}
