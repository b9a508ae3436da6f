/** Who is at the other end of the proxy. */
export interface ProxiedSource {
  readonly address: string;
  readonly port: number;
  /** Whether the proxy took an encrypted connection; undefined when it does not say. */
  readonly secure?: boolean | undefined;
}

/** What a header of the PROXY protocol says. */
export interface ProxyHeader {
  /** Bytes that it takes. */
  readonly length: number;
  /** Undefined when the proxy speaks for itself, as in a health check, or does not know. */
  readonly source?: ProxiedSource | undefined;
}

/** The connection does not begin with a header of the PROXY protocol. */
export class ProxyFault extends Error {}
