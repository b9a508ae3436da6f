import { counter, gauge, histogram, type Metric } from "../http/metric.js";
import type { Store } from "./store.js";

/** What the store shows at `/metrics`. */
export function storeMetrics(store: Store): Metric[] {
  return [
    counter("store_writes", "Grouped writes.", () => store.stats().writes),
    counter("store_rows", "Rows written.", () => store.stats().rows),
    counter("store_written_bytes", "Bytes of rows written.", () => store.stats().bytes),
    counter("store_failures", "Writes that failed.", () => store.stats().failures),
    gauge("store_waiting_changes", "Changes that are not written yet.", () => store.stats().waiting),
    gauge(
      "store_waiting_bytes",
      "Bytes of changes that are not written yet.",
      () => store.stats().waitingBytes,
    ),
    gauge("store_failing", "1 while the store cannot write.", () =>
      store.failingSince === undefined ? 0 : 1,
    ),
    gauge("store_retained_messages", "Retained messages.", () => store.stats().retained),
    gauge("store_shared_blocks", "Blocks of messages that several queues share.", () => store.stats().blocks),
    gauge("store_streams", "Streams of entries.", () => store.stats().streams),
    gauge("store_stream_entries", "Entries in streams.", () => store.stats().streamEntries),
    counter("store_damaged", "Rows found damaged, and passed over.", () => store.stats().damaged),
    histogram("store_wait_seconds", "Time until a group of changes that was waited for was stored.", () =>
      inSeconds(store.waits()),
    ),
  ];
}

function inSeconds({ bounds, counts, sum, count }: ReturnType<Store["waits"]>) {
  return { bounds: bounds.map((ms) => ms / 1_000), counts, sum: sum / 1_000, count };
}
