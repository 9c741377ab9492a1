/**
 * Pictures that prose refers to, as part of the page: attachments of the cell, or files beside the
 * notebook.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { dirname, extname, resolve } from "node:path";
import type { Cell } from "../notebook/notebook.ts";
import { pictureAddress } from "./output.ts";

const TYPES: Record<string, string> = {
  ".gif": "image/gif",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webp": "image/webp",
};

/** The picture as a `data:` address; `undefined` when there is none. */
export function cellPicture(
  address: string,
  cell: Cell | undefined,
  notebookPath: string,
): string | undefined {
  const name = decodeURI(address);
  if (name.startsWith("attachment:")) {
    const bundle = cell?.attachments?.[name.slice("attachment:".length)];
    return bundle && pictureAddress(bundle)?.address;
  }
  const type = TYPES[extname(name).toLowerCase()];
  if (type === undefined || /^[a-z]+:/i.test(name)) return undefined;
  try {
    const bytes = Deno.readFileSync(resolve(dirname(notebookPath), name));
    return `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
  } catch {
    return undefined;
  }
}
