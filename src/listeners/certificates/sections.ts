import type { UserField } from "./client-certificate.js";

/** Listeners that can have TLS. */
export type TlsListener = "mqtts" | "http";

export interface PairFiles {
  readonly cert: string;
  readonly key: string;
}

export interface ClientFiles {
  readonly ca: string;
  readonly required: boolean;
  readonly crl?: string | undefined;
  readonly user: UserField;
}

/** The section `tls` of the configuration. */
export interface TlsSection extends PairFiles {
  readonly http: boolean;
  readonly names: readonly (PairFiles & { readonly names: readonly string[] })[];
  readonly listeners: { readonly [listener in TlsListener]?: PairFiles | undefined };
  readonly clients: { readonly [listener in TlsListener]?: ClientFiles | undefined };
  /** Days. */
  readonly expiryWarning: number;
}
