/**
 * A price list: what storage, traffic, requests and machines cost, as data with its source.
 *
 * List prices of one large provider in one region, without commitments or free allowances. They are
 * here to find out which line of a bill decides, not to write the bill: put your own beside them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { prices } from "lib/estimate/prices.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * const perMonth = quantity(340.8, "GB").times(prices.objectStorage.price);
 * assertEquals(`${perMonth}`, "7.84 USD/month");
 * ```
 */
import { type Quantity, quantity } from "./quantity.ts";

/** What one unit of something costs. */
export interface Price {
  readonly price: Quantity;
  readonly what: string;
  readonly source: string;
}

const listed = "list price, us-east-1, June 2026";

function price(amount: number, unit: string, what: string, page: string): Price {
  return { price: quantity(amount, unit), what, source: `${page}, ${listed}` };
}

/** The prices by name. */
export const prices = {
  objectStorage: price(
    0.023,
    "USD/GB/month",
    "S3 Standard, first 50 TB",
    "aws.amazon.com/s3/pricing",
  ),
  objectPut: price(0.005e-3, "USD/request", "S3 PUT", "aws.amazon.com/s3/pricing"),
  objectGet: price(0.0004e-3, "USD/request", "S3 GET", "aws.amazon.com/s3/pricing"),
  blockStorage: price(0.08, "USD/GB/month", "EBS gp3", "aws.amazon.com/ebs/pricing"),
  zoneTraffic: price(0.01, "USD/GB", "between zones, each way", "aws.amazon.com/ec2/pricing"),
  machine: price(0.0816, "USD/machine/h", "m7g.large: 2 vCPU, 8 GiB", "aws.amazon.com/ec2/pricing"),
} as const;

/** Price of one unit up to a limit; the last step has none. */
export interface Step {
  readonly upTo?: Quantity;
  readonly price: Quantity;
}

/** Traffic out to the internet in a month, cheaper the more there is. */
export const internetTraffic: readonly Step[] = [
  { upTo: quantity(10, "TB"), price: quantity(0.09, "USD/GB") },
  { upTo: quantity(50, "TB"), price: quantity(0.085, "USD/GB") },
  { upTo: quantity(150, "TB"), price: quantity(0.07, "USD/GB") },
  { price: quantity(0.05, "USD/GB") },
];
