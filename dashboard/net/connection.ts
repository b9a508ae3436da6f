import { Centrifuge, type PublicationContext, type Subscription } from "centrifuge";
import type { Message } from "../model/topics-store.js";
import { type Link, reasonText } from "./link.js";
import { Login } from "./login.js";
import { fetchServerInfo, readServerInfo, type ServerInfo } from "./server-info.js";

/** The channel of every topic: any topic filter is one behind this prefix. */
const MQTT = "mqtt:";

export interface ConnectionOptions {
  /** Where the page was loaded from; the server's paths are relative to it. */
  readonly base: URL;
  /** Called per message. Must not throw: the client library would close the connection for good. */
  onMessage(message: Message): void;
  /** Called when what has arrived is not for the eyes of whoever looks at the page now. */
  onUser(): void;
  /** Called when anything but messages changed. */
  onChange(): void;
}

/** The page's connection to the server: its state, its subscriptions, publishing. */
export class Connection {
  link: Link = { state: "connecting" };
  info: ServerInfo;
  /** Whether the server has said what it offers, so that an empty page is known to be empty. */
  ready = false;
  /** Why a channel is not received, by channel. */
  readonly faults = new Map<string, string>();
  readonly login: Login;
  readonly #options: ConnectionOptions;
  #client: Centrifuge;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.info = readServerInfo(undefined, options.base);
    this.#client = this.#create();
    this.login = new Login({
      base: options.base,
      onUser: () => this.#startAnew(),
      onNeeded: (reason) => this.#shut(reason),
    });
  }

  /** Connects, unless somebody has to log in first. */
  async start(): Promise<void> {
    if (!(await this.login.check())) this.#client.connect();
    this.#options.onChange();
  }

  /** Connects now instead of when the back-off is over. */
  retry(): void {
    if (this.link.state === "offline") this.#drop();
    else this.#client.disconnect();
    this.#client.connect();
  }

  /**
   * Resolves once the server has taken the message; rejects with a reason worth showing. The payload travels as a string,
   * which the server publishes as it stands: as JSON it would lose long numbers and the user's own spelling.
   */
  async publish(topic: string, payload: string): Promise<void> {
    if (this.link.state !== "live") throw new Error("Not connected to the server.");
    try {
      await this.#client.publish(MQTT + topic, payload);
    } catch (error) {
      throw new Error(faultText(error), { cause: error });
    }
  }

  #create(): Centrifuge {
    const { base } = this.#options;
    const endpoint = new URL("connection/websocket", base);
    endpoint.protocol = base.protocol === "https:" ? "wss:" : "ws:";
    const client = new Centrifuge(endpoint.href, { name: "dashboard", maxReconnectDelay: 10_000 });
    this.#follow(client);
    return client;
  }

  /** A client that was refused once asks for a token before it connects again, and there is none to give: the next one is another. */
  #drop(): void {
    this.#client.removeAllListeners();
    this.#client.disconnect();
    for (const [channel, subscription] of Object.entries(this.#client.subscriptions()))
      this.#leave(channel, subscription);
    this.#client = this.#create();
  }

  #follow(client: Centrifuge): void {
    client.on("connecting", ({ code, reason }) => {
      // `connect called`: the first time, or because the user asked.
      if (code === 0) this.#set({ state: "connecting" });
      else this.#set({ state: "reconnecting", attempts: 0, reason: reasonText(code, reason) });
    });
    client.on("error", () => this.#countAttempt());
    client.on("disconnected", ({ code, reason }) => {
      this.#set({ state: "offline", reason: reasonText(code, reason) });
      if (code !== 0) void this.login.check();
    });
    client.on("connected", () => {
      this.#set({ state: "live" });
      void this.#learn();
    });
  }

  /** After each connect: the server may have been restarted with another configuration. */
  async #learn(): Promise<void> {
    this.info = await fetchServerInfo(this.#options.base);
    this.ready = true;
    const wanted = new Set(this.info.mqttChannels ? [`${MQTT}#`] : this.info.channels);
    for (const [channel, subscription] of Object.entries(this.#client.subscriptions())) {
      if (!wanted.has(channel)) this.#leave(channel, subscription);
    }
    for (const channel of wanted) {
      const subscription = this.#client.getSubscription(channel);
      if (subscription) subscription.subscribe();
      else this.#join(channel);
    }
    this.#options.onChange();
  }

  #join(channel: string): void {
    const subscription = this.#client.newSubscription(channel);
    subscription.on("subscribed", () => {
      this.faults.delete(channel);
      this.#options.onChange();
    });
    subscription.on("publication", (publication) => this.#options.onMessage(messageOf(publication)));
    subscription.on("error", ({ error }) => this.#fault(channel, faultText(error)));
    subscription.on("unsubscribed", ({ code, reason }) => {
      if (code !== 0) this.#fault(channel, `${reason} (${code})`);
    });
    subscription.subscribe();
  }

  #leave(channel: string, subscription: Subscription): void {
    subscription.removeAllListeners();
    subscription.unsubscribe();
    this.#client.removeSubscription(subscription);
    this.faults.delete(channel);
  }

  #fault(channel: string, fault: string): void {
    this.faults.set(channel, fault);
    this.#options.onChange();
  }

  #countAttempt(): void {
    const { link } = this;
    if (link.state === "live" || link.state === "offline" || link.state === "login") return;
    const attempts = link.state === "reconnecting" ? link.attempts : 0;
    const reason = link.state === "reconnecting" ? link.reason : "the server cannot be reached";
    this.#set({ state: "reconnecting", attempts: attempts + 1, reason });
    void this.login.check();
  }

  /** Nothing is to be seen before somebody logs in; who that is may not see what was seen before. */
  #shut(reason: string | undefined): void {
    // Several things tell of the same end; the first one has the reason.
    if (this.link.state === "login") return;
    this.#drop();
    this.#options.onUser();
    this.#set({ state: "login", reason });
  }

  #startAnew(): void {
    this.#drop();
    this.#options.onUser();
    this.#client.connect();
  }

  #set(link: Link): void {
    this.link = link;
    this.#options.onChange();
  }
}

function messageOf({ channel, data, tags = {} }: PublicationContext): Message {
  const at = tags.time === undefined ? undefined : Number(tags.time);
  return { topic: tags.topic ?? channel, data, tags, snapshot: tags.snapshot === "true", at };
}

function faultText(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const { code, message } = error as { code?: unknown; message?: unknown };
  return typeof code === "number" ? `${String(message)} (${code})` : String(message);
}
