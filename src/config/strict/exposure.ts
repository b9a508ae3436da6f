import { formatAddress, isLoopback } from "../address.js";
import { isOnLoopbackOnly, letsAnonymousIn } from "../anonymous.js";
import { servesMqttChannels } from "../mqtt-channels.js";
import type { Config } from "../schema.js";
import { isClearText, type Weakness, weaknesses } from "./weakness.js";

/** Who reaches what, and who can read along. */
export function exposureWeaknesses(config: Config): Weakness[] {
  const { listen, tls, rights, http, gateway, proxies, webhooks } = config;
  const anonymous = letsAnonymousIn(config);
  return [
    ...weaknesses(
      [
        anonymous,
        "allowAnonymous",
        "clients without credentials are let in; set accounts or tokens, and false here",
      ],
      [
        rights === undefined,
        "rights",
        "without rules whoever is let in may read and write every topic; allow each user what it needs",
      ],
      [
        !isLoopback(listen.mqtt),
        "listen.mqtt",
        `${formatAddress(listen.mqtt)} takes passwords in the clear; bind it to 127.0.0.1 and have devices use listen.mqtts`,
      ],
      [
        !isLoopback(listen.http) && !tls?.http,
        "listen.http",
        `${formatAddress(listen.http)} takes passwords, tokens and cookies in the clear; set tls with http: true, or bind it to 127.0.0.1 behind a proxy that speaks TLS`,
      ],
      [
        isOnLoopbackOnly(config) === false && tls === undefined,
        "tls",
        "there is no certificate, so nothing that leaves this machine is encrypted",
      ],
      [
        http.origins.includes("*"),
        "http.origins",
        "* lets the pages of every web site open channels with what their visitors' browsers send along; name the sites",
      ],
      [
        http.origins.some((origin) => origin.startsWith("http://")),
        "http.origins",
        "a page that came over http:// may have been changed on its way; name https:// origins",
      ],
      [
        http.openMetrics ?? anonymous,
        "http.openMetrics",
        "metrics are shown to everybody; set false, and give your collector a key with the scope metrics",
      ],
      [
        servesMqttChannels(config) && rights === undefined,
        "bridge.mqttChannels",
        "every topic is a channel, and no rights limit them",
      ],
      [
        gateway.compression !== undefined,
        "gateway.compression",
        "the size of compressed frames tells something of what is in them to whoever can count bytes and have data of its own in the same frame",
      ],
    ),
    ...proxies.trusted.flatMap((range, index) =>
      weaknesses([
        isWide(range),
        `proxies.trusted[${index}]`,
        `${range} holds a large part of all addresses, and whoever has one can pass for any other; name your proxies`,
      ]),
    ),
    ...webhooks.flatMap(({ url }, index) =>
      weaknesses([
        isClearText(url),
        `webhooks[${index}].url`,
        "events leave this machine in the clear; use https://",
      ]),
    ),
  ];
}

/** Wider than any network that belongs to somebody: `10.0.0.0/8` and `fc00::/7` are the widest that do. */
function isWide(range: string): boolean {
  const [address = "", length] = range.split("/");
  return length !== undefined && Number(length) < (address.includes(":") ? 7 : 8);
}
