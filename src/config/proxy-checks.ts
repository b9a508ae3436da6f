import { faultOfRange } from "../access/address-ranges.js";
import type { Config } from "./schema.js";

/** Proxies that could not be told from others, or that could not reach a listener. */
export function proxyFaults({ proxies: { trusted, protocol }, tls }: Config) {
  const ranges = trusted.flatMap((range, index) => {
    const message = faultOfRange(range);
    return message === undefined ? [] : [{ path: `proxies.trusted[${index}]`, message }];
  });
  const [first] = protocol;
  if (first && trusted.length === 0)
    ranges.push({
      path: "proxies.protocol",
      message: `${first} would take connections from nobody; name your proxies in proxies.trusted`,
    });
  if (protocol.includes("mqtts") && !tls)
    ranges.push({
      path: "proxies.protocol",
      message: "mqtts is not opened without tls.cert; a proxy that ends TLS itself goes to mqtt",
    });
  return ranges;
}
