/** Where a load connects to, and what is spoken there. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Over a WebSocket at this path; over plain TCP without it. */
  readonly path?: string;
  /** `plain`: a subscriber gets every message as one WebSocket message, and a publisher sends each as one. */
  readonly protocol: "mqtt" | "centrifugal" | "plain";
}
