import { counter, gauge, type Metric } from "../../http/metric.js";
import type { SignedUrls } from "./signed-urls.js";

/** What signed URLs show at `/metrics`. */
export function signedUrlMetrics(urls: SignedUrls): Metric[] {
  return [
    counter(
      "auth_signed_urls",
      "Rightly signed URLs by outcome: let in, brought again, or refused at signedUrls.maxUsed.",
      () => ({ ...urls.counters }),
      "outcome",
    ),
    gauge("auth_signed_urls_used", "URLs for single use that are remembered as used.", () => urls.remembered),
  ];
}
