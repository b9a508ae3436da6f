import type { ClientSource, ConnectedClient, Subscribed, Why } from "../http/api/client-source.js";
import type { SlowClient } from "../http/api/slow-clients.js";
import type { Clients } from "./clients.js";
import type { SlowClients } from "./slow-clients.js";

/** The clients that are connected over MQTT, for those who look after them. */
export class MqttClients implements ClientSource {
  readonly kind = "mqtt";
  readonly #clients: Clients;
  readonly #slowClients: SlowClients;

  constructor(clients: Clients, slowClients: SlowClients) {
    this.#clients = clients;
    this.#slowClients = slowClients;
  }

  ids(user?: string): Iterable<string> {
    return user === undefined ? this.#clients.ids() : this.#idsOf(user);
  }

  *#idsOf(user: string): Iterable<string> {
    for (const client of this.#clients.all()) if (client.user === user) yield client.id;
  }

  find(id: string): ConnectedClient | undefined {
    const client = this.#clients.find(id);
    if (!client) return undefined;
    const { connection, session, openedAt, user } = client;
    return {
      user,
      transport: connection.transportName,
      remote: connection.remote,
      connectedAt: openedAt,
      subscriptions: session?.subscriptions.size ?? 0,
      waitingBytes: connection.backlog,
      waitingMessages: session?.waiting ?? 0,
    };
  }

  *subscriptions(id: string): Iterable<Subscribed> {
    for (const [filter, qos] of this.#clients.find(id)?.session?.subscriptions ?? []) yield { filter, qos };
  }

  slow(): readonly SlowClient[] {
    return this.#slowClients
      .list()
      .map(({ clientId, counts, firstAt, lastAt }) => ({ id: clientId, reasons: counts, firstAt, lastAt }));
  }

  disconnect(id: string, { reason }: Why): boolean {
    return this.#clients.disconnect(id, reason ?? "disconnected through the API");
  }
}
