import { useState } from "preact/hooks";
import { firstCommands } from "../model/commands.js";
import type { Connection } from "../net/connection.js";
import { CopyButton } from "./copy-button.js";

const TOPIC = "sensors/kitchen/temperature";
const PAYLOAD = '{"c":21.5}';

/** What to do when nothing has arrived yet. */
export function FirstSteps({ connection }: { readonly connection: Connection }) {
  const { info, link, login, ready } = connection;
  if (!ready) {
    return (
      <div class="card waiting">
        <p>{link.state === "offline" ? "Not connected to the server." : "Waiting for the server…"}</p>
      </div>
    );
  }
  if (!info.mqttChannels) return <ChannelsOnly channels={info.channels} />;
  const commands = firstCommands(info.mqtt, TOPIC, PAYLOAD, login.session.user);
  return (
    <div class="card first-steps">
      <h2>Nothing has arrived yet</h2>
      <p class="lead">
        The page is listening. Publish a message from a shell and it shows up here at once, with its value,
        its rate and a chart.
      </p>
      <ol>
        <li>
          <h3>Publish one message</h3>
          <CommandLine text={commands.publish} />
        </li>
        <li>
          <h3>Or start a simulated fleet</h3>
          <CommandLine text={commands.simulate} />
        </li>
        <li>
          <h3>Or try it without a shell</h3>
          <SendSample connection={connection} />
        </li>
      </ol>
    </div>
  );
}

/** Which topics feed these channels is not known here, so there is no command that would surely work. */
function ChannelsOnly({ channels }: { readonly channels: readonly string[] }) {
  if (channels.length === 0) return null;
  return (
    <div class="card first-steps">
      <h2>Nothing has arrived yet</h2>
      <p class="lead">
        This server shows the page {channels.length === 1 ? "the channel" : "the channels"}{" "}
        {channels.join(", ")}. Publish to a topic that feeds {channels.length === 1 ? "it" : "one of them"}{" "}
        and the message shows up here.
      </p>
    </div>
  );
}

function CommandLine({ text }: { readonly text: string }) {
  return (
    <div class="command">
      <pre>
        <code>{text}</code>
      </pre>
      <CopyButton text={() => text} label={`Copy the command ${text}`} />
    </div>
  );
}

function SendSample({ connection }: { readonly connection: Connection }) {
  const [fault, setFault] = useState<string>();
  const send = async () => {
    try {
      await connection.publish(TOPIC, PAYLOAD);
    } catch (error) {
      setFault((error as Error).message);
    }
  };
  return (
    <>
      <button type="button" onClick={send}>
        Publish a sample from this page
      </button>
      <p class="fault" role="status">
        {fault}
      </p>
    </>
  );
}
