import { Component } from "preact";
import { ageText, clockText, countText, rateText } from "../model/format.js";
import { previewOf } from "../model/preview.js";
import type { Topic } from "../model/topics-store.js";
import { titleText } from "./title-text.js";
import { TopicName } from "./topic-name.js";

const PREVIEW = 300;

export interface TopicRowProps {
  readonly topic: Topic;
  /** The topic changes in place, so what can have changed is handed in beside it. */
  readonly version: number;
  readonly second: number;
  readonly chosen: boolean;
  readonly onChoose: (name: string) => void;
}

/** A row is drawn again only when its topic, the second or the choice changed: up to 200 of them, ten times a second. */
export class TopicRow extends Component<TopicRowProps> {
  override shouldComponentUpdate(next: TopicRowProps): boolean {
    const { topic, version, second, chosen } = this.props;
    return (
      topic !== next.topic || version !== next.version || second !== next.second || chosen !== next.chosen
    );
  }

  override render({ topic, second, chosen, onChoose }: TopicRowProps) {
    const value = previewOf(topic.payload, PREVIEW);
    // The end of the second, so that what arrives within it is not from the future.
    const now = second * 1000 + 999;
    return (
      // The button is for keyboards and screen readers; its clicks bubble to the row, which takes those of a mouse.
      <tr class={chosen ? "chosen" : ""} onClick={() => onChoose(topic.name)}>
        <th scope="row" class="topic">
          <button type="button" aria-pressed={chosen}>
            <TopicName name={topic.name} />
          </button>
        </th>
        <td class="value" title={titleText(value)}>
          <span class={topic.payload.kind}>{value}</span>
        </td>
        <td class="rate">{rateText(topic.rate.perSecond(now))}</td>
        <td class="messages">{countText(topic.count)}</td>
        <td class="age" title={ageTitle(topic.at)}>
          {topic.at === undefined ? "stored" : ageText(now - topic.at)}
        </td>
      </tr>
    );
  }
}

function ageTitle(at: number | undefined): string {
  return at === undefined ? "Last value from before this page connected" : `Arrived at ${clockText(at)}`;
}
