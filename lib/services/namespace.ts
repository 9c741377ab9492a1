/**
 * The names that keep notebooks apart on a service that they share, and addresses as readers may see them.
 *
 * @module
 */

/** The notebook that this kernel runs, where JupyterLab tells. */
export function notebookName(): string {
  const path = Deno.env.get("JPY_SESSION_NAME") ?? "notebook";
  return path.split("/").at(-1)!.replace(/\.ipynb$/, "");
}

/** An address as an error may show it. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/([^:@/]*):[^@/]*@/, "//$1:***@");
}
