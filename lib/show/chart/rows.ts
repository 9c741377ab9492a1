/**
 * Data of a chart: plain rows, checked before they are drawn.
 *
 * A wrong field name or a NaN would draw an empty or a broken chart without a word, so the checks name
 * the row. Only the fields that a chart uses are copied into it; the caller's rows are never touched.
 *
 * @module
 */

/** A row of a chart or a table. */
export type Row = Record<string, unknown>;

/** The fields that rows of this type have. */
export type FieldOf<R> = keyof R & string;

/** More rows than this make a notebook heavy and a chart no clearer. */
export const MAX_ROWS = 500;

/**
 * Returns the rows as they are, once they are known to be rows.
 *
 * @throws {TypeError} when they are not a list of objects, and when the list is empty.
 */
export function checkRows(mark: string, rows: readonly object[]): readonly Row[] {
  if (!Array.isArray(rows)) {
    throw new TypeError(
      `Cannot draw ${mark}: rows must be a list of objects: received ${Deno.inspect(rows)}`,
    );
  }
  if (rows.length === 0) {
    throw new TypeError(`Cannot draw ${mark}: rows must be at least one: received none`);
  }
  rows.forEach((row, i) => {
    if (typeof row !== "object" || row === null) {
      throw new TypeError(
        `Cannot draw ${mark}: row ${i + 1} must be an object: received ${Deno.inspect(row)}`,
      );
    }
  });
  return rows;
}

/** A chart of more than {@linkcode MAX_ROWS} rows is refused, with the way out. */
export function checkSize(mark: string, count: number): void {
  if (count <= MAX_ROWS) return;
  throw new RangeError(
    `Cannot draw ${mark}: rows must be at most ${MAX_ROWS}: received ${
      count.toLocaleString("en")
    }; ` +
      `thin(rows, { x, y, max: ${MAX_ROWS} }) keeps the peaks, and cdf, histogram and band summarise`,
  );
}

/** Copies these fields of all rows; dates become milliseconds since 1970. */
export function pick(rows: readonly Row[], fields: Iterable<string>): Row[] {
  const names = [...new Set(fields)];
  return rows.map((row) =>
    Object.fromEntries(names.map((name) => {
      const value = row[name];
      return [name, value instanceof Date ? value.getTime() : value];
    }))
  );
}

/** Rows that agree in all these fields, in order of first appearance. */
export function groupRows<R extends Row>(
  rows: readonly R[],
  fields: readonly (string | undefined)[],
): R[][] {
  const groups = new Map<string, R[]>();
  for (const row of rows) {
    const key = JSON.stringify(fields.map((field) => field && String(row[field])));
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()];
}
