import { useMemo, useState } from "preact/hooks";
import { countText } from "../model/format.js";
import { orderTopics, type SortKey } from "../model/rows.js";
import { topicMatch } from "../model/topic-match.js";
import type { TopicsStore } from "../model/topics-store.js";
import { TopicTable } from "./topic-table.js";

const MAX_ROWS = 200;

export interface TopicListProps {
  readonly store: TopicsStore;
  readonly chosen: string | undefined;
  readonly onChoose: (name: string) => void;
  readonly now: number;
}

export function TopicList({ store, chosen, onChoose, now }: TopicListProps) {
  const [text, setText] = useState("");
  const [sort, setSort] = useState<SortKey>("topic");
  const match = useMemo(() => topicMatch(text), [text]);
  // By name the order changes with the set of topics only; by activity it is looked at once a second, so that rows
  // stay put long enough to be clicked.
  const second = sort === "topic" ? 0 : Math.floor(now / 1000);
  const topics = useMemo(
    () => orderTopics(store.topics(), match.matches, sort, now),
    [store, store.setVersion, match, sort, second],
  );
  return (
    <div class="card topics">
      <div class="toolbar">
        <label class="offscreen" for="filter">
          Filter topics
        </label>
        <input
          id="filter"
          type="search"
          placeholder="Filter: kitchen, or sensors/+/temperature"
          value={text}
          maxLength={1000}
          autocomplete="off"
          spellcheck={false}
          aria-describedby="filter-result"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <span id="filter-result" class={match.fault ? "fault" : "muted"} aria-live="polite">
          {match.fault ?? resultText(text, topics.length, store.size)}
        </span>
      </div>
      <TopicTable
        topics={topics.slice(0, MAX_ROWS)}
        chosen={chosen}
        sort={sort}
        now={now}
        onSort={setSort}
        onChoose={onChoose}
      />
      <ListNotes more={topics.length - MAX_ROWS} none={topics.length === 0} store={store} />
    </div>
  );
}

function resultText(text: string, found: number, all: number): string {
  if (text.trim() === "") return all === 1 ? "1 topic" : `${countText(all)} topics`;
  return `${countText(found)} of ${countText(all)}`;
}

interface ListNotesProps {
  readonly more: number;
  readonly none: boolean;
  readonly store: TopicsStore;
}

function ListNotes({ more, none, store }: ListNotesProps) {
  return (
    <div class="notes">
      {none ? <p>No topic matches the filter.</p> : null}
      {more > 0 ? <p>and {countText(more)} more, filter to see them</p> : null}
      {store.dropped > 0 ? (
        <p>
          The page keeps up to {countText(store.bounds.maxTopics)} topics; {countText(store.dropped)} that had
          been silent the longest were dropped.
        </p>
      ) : null}
    </div>
  );
}
