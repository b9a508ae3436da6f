import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { TopicsStore } from "./model/topics-store.js";
import type { Connection } from "./net/connection.js";
import { Faults } from "./view/faults.js";
import { FirstSteps } from "./view/first-steps.js";
import { Footer } from "./view/footer.js";
import { Header } from "./view/header.js";
import { LoginForm } from "./view/login-form.js";
import type { Painter } from "./view/painter.js";
import { PublishBox } from "./view/publish-box.js";
import { TopicDetail } from "./view/topic-detail.js";
import { TopicList } from "./view/topic-list.js";
import { Traffic } from "./view/traffic.js";
import { UserMenu } from "./view/user-menu.js";

export interface AppProps {
  readonly store: TopicsStore;
  readonly connection: Connection;
  readonly painter: Painter;
}

export function App({ store, connection, painter }: AppProps) {
  const [, repaint] = useReducer((count: number) => count + 1, 0);
  useEffect(() => painter.subscribe(() => repaint(undefined)), [painter]);
  const [asked, setAsked] = useState(false);

  const { link, login } = connection;
  if (link.state !== "login" && !asked)
    return <Dashboard store={store} connection={connection} onAskLogin={() => setAsked(true)} />;
  const logIn = async (user: string, password: string) => {
    await login.begin(user, password);
    setAsked(false);
  };
  if (link.state === "login") return <LoginForm reason={link.reason} onLogIn={logIn} />;
  return <LoginForm reason={undefined} onLogIn={logIn} onCancel={() => setAsked(false)} />;
}

interface DashboardProps {
  readonly store: TopicsStore;
  readonly connection: Connection;
  readonly onAskLogin: () => void;
}

function Dashboard({ store, connection, onAskLogin }: DashboardProps) {
  const [chosen, setChosen] = useState<string>();
  const [draftTopic, setDraftTopic] = useState("");
  const publishField = useRef<HTMLTextAreaElement>(null);

  const choose = (name: string | undefined) => {
    store.choose(name);
    setChosen(name);
  };
  const close = () => {
    // Where the keyboard was before the topic was opened, as long as its row is there.
    document.querySelector<HTMLElement>("tbody tr.chosen button")?.focus();
    choose(undefined);
  };
  const publishTo = (name: string) => {
    setDraftTopic(name);
    publishField.current?.focus();
  };

  const now = Date.now();
  const topic = chosen === undefined ? undefined : store.get(chosen);
  const { info, login } = connection;
  return (
    <div class="page">
      <Header link={connection.link} store={store} now={now} onRetry={() => connection.retry()}>
        <UserMenu session={login.session} onAsk={onAskLogin} onLogOut={() => login.end()} />
      </Header>
      <main class="columns">
        <section class="column" aria-label="Topics">
          <Faults info={info} faults={connection.faults} />
          {store.size > 0 ? (
            <TopicList store={store} chosen={chosen} onChoose={choose} now={now} />
          ) : (
            <FirstSteps connection={connection} />
          )}
        </section>
        <div class="column side">
          {topic ? (
            <TopicDetail key={topic.name} topic={topic} now={now} onClose={close} onPublishTo={publishTo} />
          ) : store.size > 0 ? (
            <Traffic rate={store.rate} now={now} />
          ) : null}
          <PublishBox
            connection={connection}
            topic={draftTopic}
            onTopic={setDraftTopic}
            payloadRef={publishField}
          />
        </div>
      </main>
      <Footer info={info} />
    </div>
  );
}
