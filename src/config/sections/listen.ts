import { z } from "zod";
import { address } from "../address.js";

export const listen = z
  .strictObject({
    mqtt: address().prefault("127.0.0.1:1883").describe("MQTT over TCP."),
    mqtts: address()
      .prefault("127.0.0.1:8883")
      .describe("MQTT over TLS. Opened when `tls` names a certificate."),
    http: address()
      .prefault("127.0.0.1:8080")
      .describe(
        "HTTP: dashboard, channels, MQTT over WebSocket, health, metrics. HTTPS when `tls` names a certificate.",
      ),
  })
  .prefault({})
  .describe("Where the server listens.");
