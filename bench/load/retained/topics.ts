/** First levels of the topics; the messages are spread evenly among them. */
const SITES = 100;
const SITE_DIGITS = 2;
const DEVICE_DIGITS = 6;

const site = (number: number) => String(number).padStart(SITE_DIGITS, "0");
const device = (number: number) => `device-${String(number).padStart(DEVICE_DIGITS, "0")}`;

/** The topic of a retained message, such as `site-07/device-000042/state`. */
export function retainedTopic(number: number): string {
  return `site-${site(number % SITES)}/${device(Math.floor(number / SITES))}/state`;
}

/** Among so many messages: filters that match one of each site, evenly spread, and how many each of them matches. */
export function wildcards(
  total: number,
  count: number,
): { readonly filters: string[]; readonly matches: number } {
  const devices = total / SITES;
  const filters = Array.from(
    { length: count },
    (_, index) => `+/${device(Math.floor((index * devices) / count))}/#`,
  );
  return { filters, matches: SITES };
}
