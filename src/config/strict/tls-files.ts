import type { Config } from "../schema.js";

/** A file of the section `tls` that is no secret. */
export interface TlsFile {
  readonly path: string;
  readonly file: string;
  readonly kind: "cert" | "ca" | "crl";
}

type Pair = { readonly cert: string } | undefined;

const LISTENERS = ["mqtts", "http"] as const;

/** The certificates, authorities and revocation lists that the configuration names. */
export function certificateFiles(tls: Config["tls"]): TlsFile[] {
  if (!tls) return [];
  const pairs: [path: string, pair: Pair][] = [
    ["tls", tls],
    ...tls.names.map((pair, index): [string, Pair] => [`tls.names[${index}]`, pair]),
    ...LISTENERS.map((name): [string, Pair] => [`tls.listeners.${name}`, tls.listeners[name]]),
  ];
  const clients = LISTENERS.flatMap((name): TlsFile[] => {
    const files = tls.clients[name];
    const path = `tls.clients.${name}`;
    if (!files) return [];
    const { ca, crl } = files;
    return [
      { path: `${path}.ca`, file: ca, kind: "ca" },
      ...(crl === undefined ? [] : [{ path: `${path}.crl`, file: crl, kind: "crl" as const }]),
    ];
  });
  return [
    ...pairs.flatMap(([path, pair]): TlsFile[] =>
      pair ? [{ path: `${path}.cert`, file: pair.cert, kind: "cert" }] : [],
    ),
    ...clients,
  ];
}
