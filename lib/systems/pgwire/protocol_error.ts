/**
 * What goes wrong on the wire: bytes that are no message, and errors that the other side reports.
 *
 * @module
 */

/** The other side does not speak the protocol: the connection must be closed. */
export class ProtocolError extends Error {
  override name = "ProtocolError";
}

/** An ErrorResponse: what a server says went wrong. */
export class PgError extends Error {
  override name = "PgError";
  /** SQLSTATE, five letters and digits. */
  readonly code: string;
  /** ERROR, FATAL or PANIC; after the last two the server closes the connection. */
  readonly severity: string;

  constructor(code: string, message: string, severity = "ERROR") {
    super(message);
    this.code = code;
    this.severity = severity;
  }
}
