/**
 * What a gateway answers where there is no stream: a page, or why not.
 *
 * @module
 */
import type { ServerResponse } from "node:http";
import { InvalidCursorError } from "./cursor.ts";
import { type Answer, HttpError } from "./pages.ts";

const STATUS: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
};

/** An error as its asker may see it. */
export function asHttpError(error: unknown): { status: number; message: string } {
  if (error instanceof HttpError) return error;
  if (error instanceof InvalidCursorError) return { status: 400, message: error.message };
  return { status: 500, message: "internal error" };
}

/** Answers a request. */
export function send(response: ServerResponse, { status, body, type, headers }: Answer): void {
  response.writeHead(status, { "content-type": type ?? "application/json", ...headers });
  response.end(body);
}

/** The response to a handshake that is refused. */
export function refusalText(error: unknown): string {
  const { status, message } = asHttpError(error), body = JSON.stringify({ error: message });
  const head = `HTTP/1.1 ${status} ${STATUS[status] ?? "Error"}\r\n` +
    "Content-Type: application/json\r\nConnection: close\r\n";
  return `${head}Content-Length: ${new TextEncoder().encode(body).length}\r\n\r\n${body}`;
}
