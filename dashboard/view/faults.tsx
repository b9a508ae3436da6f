import type { ServerInfo } from "../net/server-info.js";

export interface FaultsProps {
  readonly info: ServerInfo;
  readonly faults: ReadonlyMap<string, string>;
}

/** Why the page shows less than everything, and what to do about it. */
export function Faults({ info, faults }: FaultsProps) {
  const lines = [...faults].map(([channel, fault]) => `Channel ${channel} is not received: ${fault}.`);
  if (!info.mqttChannels && info.channels.length === 0)
    lines.push(
      "This server offers no channel that the page can subscribe to. Set bridge.mqttChannels to true, or add a rule with a fixed channel name to bridge.channels.",
    );
  if (lines.length === 0) return null;
  return (
    <div class="card faults" role="alert">
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </div>
  );
}
