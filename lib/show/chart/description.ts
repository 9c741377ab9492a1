/**
 * A chart in words, for readers who do not see it.
 *
 * @module
 */
import { formatNumber } from "./number_format.ts";
import type { Part, PartAxis } from "./part.ts";
import type { Rule } from "./rules.ts";
import { extentOf } from "./scale.ts";
import type { SeriesScale } from "./series.ts";

/** Says what is drawn against what, the series, the range of the values, and the rules. */
export function describe(
  parts: readonly Part[],
  series: SeriesScale | undefined,
  rules: readonly Rule[],
): string {
  const [{ x, y }] = parts;
  const nouns = [...new Set(parts.map((part) => part.noun))].join(" with ");
  const subject = nouns.includes(" of ")
    ? `${nouns} by ${y.channel.title} and ${x.channel.title}`
    : `${nouns} of ${y.channel.title} by ${x.channel.title}`;
  const sentences = [`${subject[0].toUpperCase()}${subject.slice(1)}`];
  if (series && series.names.length > 1) {
    sentences.push(`${series.title ? `${series.title}: ` : ""}${series.names.join(", ")}`);
  }
  sentences.push(...[rangeOf(x, parts, "x"), rangeOf(y, parts, "y")].flat());
  sentences.push(
    ...rules.map((rule) =>
      `Dashed rule at ${rule.x === undefined ? "y" : "x"} = ${
        formatNumber(Number(rule.x ?? rule.y))
      }: ${rule.label}`
    ),
  );
  return `${sentences.join(". ")}.`;
}

function rangeOf({ channel }: PartAxis, parts: readonly Part[], name: "x" | "y"): string[] {
  const values = parts.flatMap((part) => part[name].values);
  if (channel.type === "quantitative") {
    const [lowest, highest] = extentOf(values as number[]);
    return [`${name} from ${formatNumber(lowest)} to ${formatNumber(highest)}`];
  }
  if (channel.type === "temporal") return [];
  return [`${name}: ${[...new Set(values)].join(", ")}`];
}
