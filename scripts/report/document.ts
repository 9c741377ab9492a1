/**
 * A complete HTML document that carries all it needs and asks nobody for more.
 *
 * The content policy says so to the browser: no request of any kind, pictures from `data:` addresses
 * only, and of all scripts those whose hashes it lists. A script that prose brings along does not
 * run in the page.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fragment, type Html, raw } from "./html.ts";

export interface DocumentParts {
  title: string;
  description?: string;
  body: Html;
  bodyClass?: string;
  /** Scripts to inline at the end, in order, each from `toInlineScript`. */
  scripts?: string[];
  /** Scripts that may run in the sandboxed frames of the body. */
  frameScripts?: string[];
}

const hashes = new Map<string, string>();

/** The name of an inline script in a content policy. */
function hashSource(script: string): string {
  const known = hashes.get(script);
  if (known !== undefined) return known;
  // The browser hashes the text as its parser leaves it, with plain line feeds.
  const text = script.replaceAll("\r\n", "\n").replaceAll("\r", "\n");
  const source = `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  hashes.set(script, source);
  return source;
}

/** The policy under which a page with these scripts is shown. */
export function contentPolicy(scripts: readonly string[]): string {
  const sources = [...new Set(scripts.map(hashSource))];
  return [
    "default-src 'none'",
    `script-src ${sources.length > 0 ? sources.join(" ") : "'none'"}`,
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

let stylesheet: Promise<string> | undefined;

/** The document's text. */
export async function toDocument(parts: DocumentParts): Promise<string> {
  const { scripts = [], frameScripts = [] } = parts;
  stylesheet ??= Deno.readTextFile(new URL("page.css", import.meta.url));
  const policy = contentPolicy([...scripts, ...frameScripts]);
  const description = parts.description &&
    fragment`<meta name="description" content="${parts.description}">\n`;
  const inlined = scripts.map((script) => fragment`<script>${raw(script)}</script>\n`);
  const document = fragment`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${description}<title>${parts.title}</title>
<style>
${raw(await stylesheet)}</style>
</head>
<body class="${parts.bodyClass ?? ""}">
${parts.body}
${inlined}</body>
</html>
`;
  return document.toString();
}
