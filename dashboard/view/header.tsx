import { countText, rateText } from "../model/format.js";
import type { TopicsStore } from "../model/topics-store.js";
import type { Link } from "../net/link.js";
import { LinkStatus } from "./link-status.js";
import { Sparkline } from "./sparkline.js";

export interface HeaderProps {
  readonly link: Link;
  readonly store: TopicsStore;
  readonly now: number;
  readonly onRetry: () => void;
}

export function Header({ link, store, now, onRetry }: HeaderProps) {
  const counts = store.rate.counts(now);
  return (
    <header class="top">
      <h1 class="brand">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="7" />
          <path d="M4 14h24M6 24v-2a4.5 4.5 0 0 1 9 0v2m2 0v-2a4.5 4.5 0 0 1 9 0v2" />
        </svg>
        Causeway
      </h1>
      <LinkStatus link={link} onRetry={onRetry} />
      <dl class="stats">
        <div class="stat wide">
          <dt>Messages / s</dt>
          <dd>
            <Sparkline values={counts} label="Messages per second over the last minute" />
            <span id="rate">{rateText(counts[counts.length - 1] ?? 0)}</span>
          </dd>
        </div>
        <div class="stat">
          <dt>Topics</dt>
          <dd id="topic-count">{countText(store.size)}</dd>
        </div>
        <div class="stat">
          <dt>Messages</dt>
          <dd id="message-count">{countText(store.messages)}</dd>
        </div>
      </dl>
    </header>
  );
}
