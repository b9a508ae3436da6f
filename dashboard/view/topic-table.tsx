import type { SortKey } from "../model/rows.js";
import type { Topic } from "../model/topics-store.js";
import { TopicRow } from "./topic-row.js";

const COLUMNS: readonly { readonly label: string; readonly name: string; readonly sort?: SortKey }[] = [
  { label: "Topic", name: "topic", sort: "topic" },
  { label: "Last value", name: "value" },
  { label: "Msg/s", name: "rate", sort: "rate" },
  { label: "Messages", name: "messages", sort: "messages" },
  { label: "Age", name: "age", sort: "age" },
];

export interface TopicTableProps {
  readonly topics: readonly Topic[];
  readonly chosen: string | undefined;
  readonly sort: SortKey;
  readonly now: number;
  readonly onSort: (sort: SortKey) => void;
  readonly onChoose: (name: string) => void;
}

export function TopicTable({ topics, chosen, sort, now, onSort, onChoose }: TopicTableProps) {
  return (
    <div class="scroll">
      <table>
        <caption class="offscreen">Topics with their last value</caption>
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th key={column.name} scope="col" class={column.name} aria-sort={sortState(column.sort, sort)}>
                {column.sort ? (
                  <SortButton label={column.label} sort={column.sort} active={sort} onSort={onSort} />
                ) : (
                  column.label
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {topics.map((topic) => (
            <TopicRow
              key={topic.name}
              topic={topic}
              version={topic.version}
              second={Math.floor(now / 1000)}
              chosen={topic.name === chosen}
              onChoose={onChoose}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function sortState(
  column: SortKey | undefined,
  sort: SortKey,
): "ascending" | "descending" | "none" | undefined {
  if (!column) return undefined;
  if (column !== sort) return "none";
  // Names from A, ages from the newest; counts and rates from the largest.
  return sort === "topic" || sort === "age" ? "ascending" : "descending";
}

interface SortButtonProps {
  readonly label: string;
  readonly sort: SortKey;
  readonly active: SortKey;
  readonly onSort: (sort: SortKey) => void;
}

function SortButton({ label, sort, active, onSort }: SortButtonProps) {
  return (
    <button type="button" class={sort === active ? "sort active" : "sort"} onClick={() => onSort(sort)}>
      {label}
    </button>
  );
}
