/** A session, as it is told to whoever watches the gateway. */
export interface SessionDetails {
  readonly client: string;
  /** Empty when nobody said. */
  readonly user: string;
  readonly transport: string;
  /** Address and port. */
  readonly remote: string;
  /** What the client says of itself, when it does. */
  readonly name?: string | undefined;
  readonly version?: string | undefined;
}

/** How a session ended: a code of the protocol, or of its transport. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
}

/** Hears what happens in the gateway. It must be quick, and must not throw. */
export interface Watcher {
  /** `data`: what the client sent along, any JSON. */
  clientConnected(client: SessionDetails & { readonly data?: unknown }): void;
  clientDisconnected(client: SessionDetails & Ending): void;
  /** A channel has its first subscriber. */
  channelOccupied(channel: string): void;
  /** A channel has no subscriber any more. */
  channelVacated(channel: string): void;
  /** `info` is what the other subscribers are told. */
  memberJoined(channel: string, info: object): void;
  memberLeft(channel: string, info: object): void;
}

export const nobody: Watcher = {
  clientConnected: () => {},
  clientDisconnected: () => {},
  channelOccupied: () => {},
  channelVacated: () => {},
  memberJoined: () => {},
  memberLeft: () => {},
};
