import type { FastifyInstance } from "fastify";
import type { Gate } from "../access/gate.js";
import type { Admission } from "./admission.js";
import { credentialOf } from "./credential.js";

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

/** Strangers are told no more than the name where only those who are known are let in. */
export function infoRoute(app: FastifyInstance, info: () => Info, gate: Gate, admission: Admission): void {
  app.get("/api/v1/info", async ({ raw }, reply) => {
    reply.header("cache-control", "no-store");
    const known =
      gate.anonymous ||
      (credentialOf(raw) !== undefined &&
        (await admission.admit(raw, "rest").then(
          () => true,
          () => false,
        )));
    return known ? info() : { name: info().name };
  });
}
