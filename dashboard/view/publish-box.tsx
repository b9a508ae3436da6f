import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { topicNameFault } from "../../src/mqtt/topics.js";
import { clockText } from "../model/format.js";
import type { Connection } from "../net/connection.js";

interface Outcome {
  readonly ok: boolean;
  readonly text: string;
}

export interface PublishBoxProps {
  readonly connection: Connection;
  readonly topic: string;
  readonly onTopic: (topic: string) => void;
  readonly payloadRef: RefObject<HTMLTextAreaElement | null>;
}

export function PublishBox({ connection, topic, onTopic, payloadRef }: PublishBoxProps) {
  const [payload, setPayload] = useState("");
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const allowed = connection.info.mqttChannels;

  const publish = async () => {
    const fault = topicNameFault(topic);
    if (fault) return setOutcome({ ok: false, text: `Not published: ${fault}.` });
    setBusy(true);
    setOutcome(await send(connection, topic, payload));
    setBusy(false);
  };
  return (
    <section class="card publish" aria-labelledby="publish-title">
      <div class="card-head">
        <h2 id="publish-title">Publish</h2>
        <span id="publish-outcome" class={outcome?.ok === false ? "fault" : "muted"} role="status">
          {outcome?.text}
        </span>
      </div>
      {allowed ? null : (
        <p class="muted hint">
          This server does not let a page publish to topics: bridge.mqttChannels is off.
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void publish();
        }}
      >
        <label for="publish-topic">Topic</label>
        <input
          id="publish-topic"
          value={topic}
          maxLength={1000}
          placeholder="devices/7/commands"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          disabled={!allowed}
          onInput={(event) => onTopic(event.currentTarget.value)}
        />
        <label for="publish-payload">Payload</label>
        <textarea
          id="publish-payload"
          ref={payloadRef}
          rows={2}
          value={payload}
          placeholder={'{"led": true}'}
          spellcheck={false}
          disabled={!allowed}
          onInput={(event) => setPayload(event.currentTarget.value)}
        />
        <button type="submit" class="primary" disabled={!allowed || busy}>
          Publish
        </button>
      </form>
    </section>
  );
}

async function send(connection: Connection, topic: string, payload: string): Promise<Outcome> {
  try {
    await connection.publish(topic, payload);
    return { ok: true, text: `Published at ${clockText(Date.now())}` };
  } catch (error) {
    return { ok: false, text: `Not published: ${(error as Error).message}` };
  }
}
