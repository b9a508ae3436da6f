import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { ageText, clockText } from "../model/format.js";
import { inspect } from "../model/inspection.js";
import type { Payload } from "../model/payload.js";
import { CopyButton } from "./copy-button.js";
import { JsonText } from "./json-text.js";

export interface InspectorProps {
  readonly payload: Payload;
  readonly at: number | undefined;
  readonly version: number;
  readonly now: number;
  readonly paused: boolean;
  readonly children: ComponentChildren;
}

/** The last message of a topic, whole. */
export function Inspector({ payload, at, version, now, paused, children }: InspectorProps) {
  const { text, note } = useMemo(() => inspect(payload), [payload, version]);
  return (
    <div class="inspector">
      <div class="card-head">
        <h3>Last message</h3>
        <span class="muted meta">{arrival(at, now, paused)}</span>
        <div class="actions">
          {children}
          <CopyButton text={() => text} label="Copy the message" />
        </div>
      </div>
      {note ? <p class="muted note">{note}</p> : null}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must be reachable by keyboard. */}
      <section class="message" tabIndex={0} aria-label="Payload of the last message">
        <pre>
          <code>{payload.kind === "json" ? <JsonText text={text} /> : text}</code>
        </pre>
      </section>
    </div>
  );
}

function arrival(at: number | undefined, now: number, paused: boolean): string {
  if (at === undefined) return "stored earlier";
  if (paused) return `paused · ${clockText(at)}`;
  return `${clockText(at)} · ${ageText(now - at)}${now - at < 1000 ? "" : " ago"}`;
}
