import { get } from "node:http";
import { text } from "node:stream/consumers";
import { Metrics } from "../../faults/support/metrics.js";
import type { RunningServer } from "../../helpers/server.js";

/** Nobody else comes from there, so that no attack is in the way. */
const ADDRESS = "127.0.0.9";

/** The server's figures, asked for from an address of their own. */
export function metricsOf({ http }: RunningServer): Promise<Metrics> {
  return new Promise((resolve, reject) => {
    get({ ...http, path: "/metrics", localAddress: ADDRESS, agent: false }, (response) =>
      text(response).then((body) => resolve(Metrics.parse(body)), reject),
    ).on("error", reject);
  });
}
