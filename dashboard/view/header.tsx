import type { ComponentChildren } from "preact";
import { countText, rateText } from "../model/format.js";
import type { TopicsStore } from "../model/topics-store.js";
import type { Link } from "../net/link.js";
import { Brand } from "./brand.js";
import { LinkStatus } from "./link-status.js";
import { Sparkline } from "./sparkline.js";

export interface HeaderProps {
  readonly link: Link;
  readonly store: TopicsStore;
  readonly now: number;
  readonly onRetry: () => void;
  /** Between the state of the connection and the figures. */
  readonly children?: ComponentChildren;
}

export function Header({ link, store, now, onRetry, children }: HeaderProps) {
  const counts = store.rate.counts(now);
  return (
    <header class="top">
      <Brand />
      <LinkStatus link={link} onRetry={onRetry} />
      {children}
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
