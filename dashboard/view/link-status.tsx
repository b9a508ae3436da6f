import type { Link } from "../net/link.js";

const LABELS = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  offline: "Offline",
  login: "Not logged in",
} as const;

export interface LinkStatusProps {
  readonly link: Link;
  readonly onRetry: () => void;
}

export function LinkStatus({ link, onRetry }: LinkStatusProps) {
  return (
    <div class="link">
      <span class={`pill ${link.state}`}>
        <span class="dot" aria-hidden="true" />
        {/* Only the word is announced: the attempts below change too often to be read out. */}
        <span id="link-state" role="status">
          {LABELS[link.state]}
        </span>
      </span>
      <span id="link-detail" class="link-detail" title={detail(link)}>
        {detail(link)}
      </span>
      {link.state === "offline" || link.state === "reconnecting" ? (
        <button type="button" class="quiet" onClick={onRetry}>
          {link.state === "offline" ? "Connect" : "Try now"}
        </button>
      ) : null}
    </div>
  );
}

function detail(link: Link): string {
  if (link.state === "offline") return link.reason;
  if (link.state !== "reconnecting") return "";
  return link.attempts === 0 ? link.reason : `${link.reason} · attempt ${link.attempts}`;
}
