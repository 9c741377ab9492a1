/**
 * What a chart must say for itself: its finding as title, a description, and the unit of each axis.
 *
 * An axis needs a unit in parentheses, as in `Load (%)`, when it stands for a quantity or a time; names and ranks
 * have none. In a layered chart one layer may name the axis that all of them share.
 *
 * @module
 */
import type { Chart, Spec } from "../report/chart.ts";

interface Channel {
  field?: string;
  aggregate?: unknown;
  bin?: unknown;
  type?: string;
  title?: string | null;
  axis?: { title?: string | null } | null;
}

const PARTS = ["layer", "hconcat", "vconcat", "concat"];

/** The charts without layers that a spec is made of, in lists that share their axes. */
function panels(spec: Spec): Spec[][] {
  if (Array.isArray(spec.layer)) {
    const layers = (spec.layer as Spec[]).flatMap((layer) => panels(layer).flat());
    return [spec.encoding ? [{ encoding: spec.encoding }, ...layers] : layers];
  }
  const key = PARTS.find((part) => Array.isArray(spec[part]));
  if (key !== undefined) return (spec[key] as Spec[]).flatMap(panels);
  if (typeof spec.spec === "object" && spec.spec !== null) return panels(spec.spec as Spec);
  return [[spec]];
}

/** Whether a channel draws an axis of amounts, which needs a unit. */
function isMeasured(channel: Channel): boolean {
  if (channel.axis === null) return false;
  if (channel.field === undefined && channel.aggregate === undefined) return false;
  return channel.type !== "nominal" && channel.type !== "ordinal";
}

function axisTitle(channel: Channel): string {
  return channel.axis?.title ?? channel.title ?? "";
}

function axisProblem(layers: Spec[], name: "x" | "y"): string | undefined {
  const channels = layers.flatMap(({ encoding }) => {
    const channel = (encoding as Record<string, Channel> | undefined)?.[name];
    return channel === undefined ? [] : [channel];
  });
  const measured = channels.filter(isMeasured);
  const titles = channels.map(axisTitle);
  if (measured.length === 0 || titles.some((title) => /\(.+\)/.test(title))) return undefined;
  const received = titles.find((title) => title !== "") ?? "no title";
  return `axis ${name} must have a title with its unit in parentheses: received ${received}`;
}

/** What a chart lacks, as text; nothing when it is complete. */
export function chartProblems({ spec, title }: Chart): string[] {
  const problems: string[] = [];
  const add = (problem: string) => problems.push(`chart "${title || "untitled"}": ${problem}`);
  if (title === "") add("its title must be its finding: received none");
  if (typeof spec.description !== "string" || spec.description.trim() === "") {
    add("it must have a description for those who cannot see it: received none");
  }
  for (const layers of panels(spec)) {
    for (const name of ["x", "y"] as const) {
      const problem = axisProblem(layers, name);
      if (problem !== undefined) add(problem);
    }
  }
  return problems;
}
