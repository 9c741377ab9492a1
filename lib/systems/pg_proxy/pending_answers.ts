/**
 * Which ParseComplete and CloseComplete a server connection will send, and what the client is to see of each.
 *
 * A client's named statement lives on the server connection where it was parsed, and its next transaction may get
 * another one. So the proxy names statements after their text, knows which of them a connection has, and parses again
 * before a Bind where it must. Answers come in the order of the questions: the queue says which are for the client.
 *
 * | asked | answer | the client sees |
 * | --- | --- | --- |
 * | Parse of the client | ParseComplete | the same |
 * | Parse of the proxy, before a Bind | ParseComplete | nothing |
 * | Close of a name that is none, in place of a Parse that is not needed | CloseComplete | ParseComplete |
 * | Close of the client | CloseComplete | the same |
 *
 * After an error the server skips to the next Sync, and so does the queue; what was to be prepared is not.
 *
 * @module
 */
import { parseComplete } from "../pgwire/backend.ts";

type Pending =
  | { kind: "parse" | "hidden parse"; name: string }
  | { kind: "in place of parse" | "close" | "sync"; name?: undefined };

const PARSE_COMPLETE = parseComplete();

export class PendingAnswers {
  #queue: Pending[] = [];
  #statements = new Set<string>();

  /** Whether the server has, or will have, the statement. */
  has(name: string): boolean {
    return this.#statements.has(name);
  }

  /** A Parse was sent; `hidden`: the client did not ask for it now. */
  parse(name: string, hidden: boolean): void {
    if (name !== "") this.#statements.add(name);
    this.#queue.push({ kind: hidden ? "hidden parse" : "parse", name });
  }

  /** A Close was sent: the client's, or one that stands for a Parse. */
  close(inPlaceOfParse: boolean): void {
    this.#queue.push({ kind: inPlaceOfParse ? "in place of parse" : "close" });
  }

  /** Sync or Query was sent. */
  sync(): void {
    this.#queue.push({ kind: "sync" });
  }

  /** What the client is to see of a ParseComplete or CloseComplete. */
  answer(bytes: Uint8Array): Uint8Array | undefined {
    const next = this.#queue[0];
    if (next === undefined || next.kind === "sync") return bytes;
    this.#queue.shift();
    if (next.kind === "hidden parse") return undefined;
    return next.kind === "in place of parse" ? PARSE_COMPLETE : bytes;
  }

  /** ReadyForQuery came. */
  ready(): void {
    while (this.#queue.length > 0 && this.#queue.shift()!.kind !== "sync");
  }

  /** ErrorResponse came. */
  failed(): void {
    while (this.#queue.length > 0 && this.#queue[0].kind !== "sync") {
      const { name } = this.#queue.shift()!;
      if (name) this.#statements.delete(name);
    }
  }

  /** DISCARD ALL was sent. */
  forgetStatements(): void {
    this.#statements.clear();
  }
}
