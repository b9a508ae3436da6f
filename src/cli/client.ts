import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { bracketed } from "./broker-url.js";
import type { Access, Will } from "./client-options.js";
import { describeFault } from "./connection-fault.js";
import { Failure } from "./failure.js";

const CONNECT_TIMEOUT = 10_000;

export interface ClientSettings {
  readonly access: Access;
  readonly id?: string | undefined;
  readonly will?: Will | undefined;
  readonly clean: boolean;
  /** Milliseconds before another attempt when an open connection breaks; 0 for none. */
  readonly reconnectPeriod: number;
}

/** A client on its way to the broker: messages may arrive as soon as it is connected, so handlers come first. */
export function createClient({ access, id, will, clean, reconnectPeriod }: ClientSettings): MqttClient {
  const { scheme, host, port, path } = access.broker;
  const webSocket = scheme === "ws" || scheme === "wss";
  const options: IClientOptions = {
    protocol: scheme,
    hostname: webSocket ? bracketed(host) : host,
    port,
    path,
    clean,
    keepalive: access.keepalive,
    protocolVersion: 4,
    connectTimeout: CONNECT_TIMEOUT,
    reconnectPeriod,
    rejectUnauthorized: !access.insecure,
    ...(id !== undefined && { clientId: id }),
    ...(will && { will }),
    ...(access.username !== undefined && { username: access.username }),
    ...(access.password !== undefined && { password: access.password }),
    ...(access.ca && { ca: access.ca }),
  };
  return connect(options);
}

/** Resolves once the broker has let the client in; throws a {@link Failure} and ends the client otherwise. */
export function connected(client: MqttClient, { broker }: Access): Promise<void> {
  return new Promise((resolve, reject) => {
    let reason: Error = new Error("");
    const remember = (error: Error) => {
      if (!reason.message && !("code" in reason)) reason = error;
    };
    const fail = () => {
      client.end(true);
      reject(new Failure(describeFault(reason, broker)));
    };
    // Errors without a code, as an HTTP answer that is no upgrade, come from the stream and not from the client.
    client.stream.on("error", remember);
    client.on("error", remember);
    client.once("close", fail);
    client.once("connect", () => {
      client.off("close", fail);
      client.off("error", remember);
      resolve();
    });
  });
}
