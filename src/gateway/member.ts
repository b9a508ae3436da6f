/** A client as others see it. */
export interface Member {
  readonly client: string;
  readonly user: string;
  /** What its connection token says of it, and its subscription token. */
  readonly connInfo?: unknown;
  readonly chanInfo?: unknown;
  /** What the client of a bare WebSocket calls itself. Nobody has checked it, so only bare WebSockets are told. */
  readonly alias?: Alias | undefined;
}

export interface Alias {
  readonly uuid: string | undefined;
  readonly user: string | undefined;
}

/** As the protocol writes it. */
export function clientInfo({ client, user, connInfo, chanInfo }: Member): Record<string, unknown> {
  return {
    user,
    client,
    ...(connInfo === undefined ? {} : { conn_info: connInfo }),
    ...(chanInfo === undefined ? {} : { chan_info: chanInfo }),
  };
}
