import { useEffect, useRef, useState } from "preact/hooks";
import { columnsOf, fieldsOf, type Sample } from "../model/history.js";
import type { Payload } from "../model/payload.js";
import type { Topic } from "../model/topics-store.js";
import { CopyButton } from "./copy-button.js";
import { FieldChart } from "./field-chart.js";
import { Inspector } from "./inspector.js";
import { titleText } from "./title-text.js";
import { TopicName } from "./topic-name.js";

/** What is looked at: the topic as it is, or as it was when the view was paused. */
interface Glance {
  readonly samples: readonly Sample[];
  readonly payload: Payload;
  readonly at: number | undefined;
  readonly version: number;
}

export interface TopicDetailProps {
  readonly topic: Topic;
  readonly now: number;
  readonly onClose: () => void;
  readonly onPublishTo: (name: string) => void;
}

export function TopicDetail({ topic, now, onClose, onPublishTo }: TopicDetailProps) {
  const [frozen, setFrozen] = useState<Glance>();
  const [picked, setPicked] = useState<string>();
  const section = useRef<HTMLElement>(null);
  useEffect(() => section.current?.scrollIntoView({ block: "nearest" }), []);

  const glance: Glance = frozen ?? { ...topic, samples: topic.history.samples };
  const fields = fieldsOf(glance.samples);
  const field = picked !== undefined && fields.includes(picked) ? picked : fields[0];
  const [times, values] = field === undefined ? [[], []] : columnsOf(glance.samples, field);
  const togglePause = () => setFrozen(frozen ? undefined : { ...glance, samples: [...glance.samples] });
  return (
    <section class="card detail" aria-label={titleText(topic.name)} ref={section}>
      <div class="card-head">
        <h2>
          <TopicName name={topic.name} />
        </h2>
        <div class="actions">
          <CopyButton text={() => topic.name} label="Copy the topic" />
          <button type="button" class="quiet pause" aria-pressed={frozen !== undefined} onClick={togglePause}>
            {frozen ? "Resume" : "Pause"}
          </button>
        </div>
        <button type="button" class="quiet close" aria-label="Close the topic" onClick={onClose}>
          ✕
        </button>
      </div>
      {field === undefined ? (
        <p class="muted hint">No numeric field in its messages yet, so there is nothing to draw.</p>
      ) : (
        <FieldChart fields={fields} field={field} onField={setPicked} times={times} values={values} />
      )}
      <Inspector
        payload={glance.payload}
        at={glance.at}
        version={glance.version}
        now={now}
        paused={frozen !== undefined}
      >
        <button type="button" class="quiet" onClick={() => onPublishTo(topic.name)}>
          Publish here
        </button>
      </Inspector>
    </section>
  );
}
