import { titleText } from "./title-text.js";

/** A topic with its last level set off: that is the one that tells rows apart. */
export function TopicName({ name }: { readonly name: string }) {
  const cut = name.lastIndexOf("/") + 1;
  return (
    <span class="topic-name" title={titleText(name)}>
      {/* Cut at its start when there is no room: the levels next to the last one say most. */}
      <span class="parents">
        <bdi>{name.slice(0, cut)}</bdi>
      </span>
      <span class="leaf">{name.slice(cut)}</span>
    </span>
  );
}
