import { mqttUrl } from "../model/commands.js";
import type { ServerInfo } from "../net/server-info.js";

export function Footer({ info }: { readonly info: ServerInfo }) {
  return (
    <footer class="foot">
      <span>
        MQTT <code>{mqttUrl(info.mqtt)}</code>
      </span>
      <span>{info.version ? `Causeway ${info.version}` : "Causeway"}</span>
    </footer>
  );
}
