import type { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { certificatesOf, PemFault, readPem } from "../../files/pem-file.js";
import type { WatchedFiles } from "../../files/watched-files.js";
import { type RevocationList, revocationListsOf } from "./revocation-list.js";
import type { ClientFiles } from "./sections.js";

interface Content {
  readonly ca: string;
  /** One by one: of several in one text Node takes the first only. */
  readonly crl?: string[];
  readonly certificates: readonly X509Certificate[];
  readonly lists: readonly RevocationList[];
}

/** Whose client certificates are taken on a listener, and which of them no longer; read again when the files change. */
export class Authorities {
  /** The configuration key, `tls.clients.mqtts`. */
  readonly key: string;
  readonly files: ClientFiles;
  readonly #listeners = new Set<() => void>();
  #content: Content | undefined;

  private constructor(key: string, files: ClientFiles) {
    this.key = key;
    this.files = files;
  }

  /** Rejects when the files cannot be taken now. */
  static async open(key: string, files: ClientFiles, watchedFiles: WatchedFiles): Promise<Authorities> {
    const authorities = new Authorities(key, files);
    await watchedFiles.watch({
      what: `authorities of client certificates (${key})`,
      names: [files.ca, ...(files.crl ? [files.crl] : [])],
      load: async () => {
        const content = await read(files);
        const { ca, crl } = authorities.#content ?? {};
        authorities.#content = content;
        if (ca === content.ca && crl?.join() === content.crl?.join()) return;
        for (const listener of authorities.#listeners) listener();
      },
    });
    return authorities;
  }

  get current(): Content {
    if (!this.#content) throw new Error(`${this.key} is not read yet`);
    return this.#content;
  }

  /** Others count from now on. Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  isRevoked(issuer: string, serial: string): boolean {
    return this.current.lists.some((list) => list.issuer === issuer && list.serials.has(serial));
  }
}

async function read({ ca, crl }: ClientFiles): Promise<Content> {
  const [authorities, revoked] = await Promise.all([readPem(ca), crl ? readPem(crl) : undefined]);
  return checkAuthorities({ ca, crl }, authorities, revoked);
}

/** Throws a `PemFault`. */
export function checkAuthorities(
  files: Pick<ClientFiles, "ca" | "crl">,
  ca: string,
  crl: string | undefined,
): Content {
  const certificates = certificatesOf(files.ca, ca);
  // A device's own certificate that signed itself may be trusted by itself.
  const stranger = certificates.find(({ ca, issuer, subject }) => !ca && issuer !== subject);
  if (stranger)
    throw new PemFault(files.ca, `holds a certificate that is no authority's: ${oneLine(stranger.subject)}`);
  const lists = crl !== undefined && files.crl ? revocationListsOf(files.crl, crl) : [];
  const content = { ca, ...(lists.length > 0 ? { crl: lists.map(({ pem }) => pem) } : {}) };
  try {
    createSecureContext(content);
  } catch (error) {
    throw new PemFault(files.crl ?? files.ca, `cannot be used: ${(error as Error).message}`);
  }
  return { ...content, certificates, lists };
}

function oneLine(name: string): string {
  return name.replaceAll("\n", ", ").slice(0, 200);
}
