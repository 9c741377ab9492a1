/**
 * What the 100 nodes that pass messages must deliver: exact mean value analysis.
 *
 * @module
 */

/**
 * Throughput of a closed network, 1/s: `messages` go round between `stations` alike, visited each as
 * often, and a delay of `delay` seconds between two visits.
 *
 * Source: Reiser and Lavenberg, "Mean-value analysis of closed multichain queuing networks", JACM 1980.
 */
export function throughput(
  { stations, service, delay, messages }: {
    stations: number;
    service: number;
    delay: number;
    messages: number;
  },
): number {
  let queue = 0; // mean number at one station
  let rate = 0;
  for (let n = 1; n <= messages; n++) {
    const response = service * (1 + queue);
    rate = n / (delay + response);
    queue = rate / stations * response;
  }
  return rate;
}
