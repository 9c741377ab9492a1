/**
 * Small multiples: the same chart once for every value of a field, on common axes.
 *
 * @module
 */
import { checkField, escaped } from "./channel.ts";
import type { Layer } from "./part.ts";
import type { FieldOf, Row } from "./rows.ts";

/** The field that charts are split by, or the field with options. */
export type FacetChannel<Field extends string = string> =
  | Field
  | { field: Field; columns?: number };

/** Options of builders that can draw small multiples. */
export interface FacetOptions<R> {
  /** One small chart for every value of this field. */
  facet?: FacetChannel<FieldOf<R>>;
}

/** Small multiples with nothing left open. */
export interface Facet {
  field: string;
  names: readonly unknown[];
  columns: number;
}

/** Between small charts, in pixels. */
export const FACET_GAP = 16;

/** More small charts than this are too small to read. */
const MOST = 12;

/** Reads the small multiples from the rows. */
export function resolveFacet(
  mark: string,
  rows: readonly Row[],
  channel: FacetChannel | undefined,
): Facet | undefined {
  if (channel === undefined) return undefined;
  const { field, columns } = typeof channel === "string"
    ? { field: channel, columns: undefined }
    : channel as { field: string; columns?: number };
  checkField(rows, field, mark, "facet");
  const names = [...new Set(rows.map((row) => row[field]))];
  if (names.length > MOST) {
    throw new RangeError(
      `Cannot draw ${mark}: facet must have at most ${MOST} values: received ${names.length}`,
    );
  }
  return { field, names, columns: columns ?? Math.min(3, names.length) };
}

/** The drawing of a chart that is split. */
export function multiples(
  { field, names, columns }: Facet,
  data: Record<string, unknown>,
  layer: readonly (Layer | Record<string, unknown>)[],
  plot: { width: number; height: number },
): Record<string, unknown> {
  return {
    data,
    facet: { field: escaped(field), type: "nominal", sort: names },
    columns,
    spacing: FACET_GAP,
    spec: { ...plot, layer },
  };
}
