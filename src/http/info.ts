import type { FastifyInstance } from "fastify";

/** What a page needs to know of the server it came from. */
export interface Info {
  readonly name: string;
  readonly version: string;
  /** HOST:PORT by listener: `mqtt`, `mqtts`, `http`. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Whether every topic filter is a channel, `mqtt:FILTER`. */
  readonly mqttChannels: boolean;
  /** Channels of the rules that have one name, without captures. */
  readonly channels: readonly string[];
}

export function infoRoute(app: FastifyInstance, info: () => Info): void {
  app.get("/api/v1/info", async () => info());
}
