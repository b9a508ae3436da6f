import { certificatesOf, PemFault, privateKeyOf, readPemSync } from "../files/pem-file.js";
import { checkAuthorities } from "../listeners/certificates/authorities.js";
import { checkPair } from "../listeners/certificates/pair.js";
import type { ClientFiles, PairFiles, TlsSection } from "../listeners/certificates/sections.js";

interface Problem {
  readonly path: string;
  readonly message: string;
}

const LISTENERS = ["mqtts", "http"] as const;

/** What keeps the files of the section `tls` from being used, as they are now. */
export function tlsFaults(tls: TlsSection): Problem[] {
  return [
    ...pairFaults("tls", tls),
    ...tls.names.flatMap((pair, index) => pairFaults(`tls.names[${index}]`, pair)),
    ...LISTENERS.flatMap((listener) => {
      const [pair, clients] = [tls.listeners[listener], tls.clients[listener]];
      return [
        ...(pair ? pairFaults(`tls.listeners.${listener}`, pair) : []),
        ...(clients ? clientFaults(`tls.clients.${listener}`, clients) : []),
      ];
    }),
    ...(tls.http ? [] : uselessFaults(tls)),
  ];
}

/** What is said of a listener that does without. */
function uselessFaults({ listeners, clients }: TlsSection): Problem[] {
  const message = "is for HTTPS, which tls.http: false turns off; remove one of them";
  return [
    ...(listeners.http ? [{ path: "tls.listeners.http", message }] : []),
    ...(clients.http ? [{ path: "tls.clients.http", message }] : []),
  ];
}

/** What keeps the two files from being used together. */
function pairFaults(path: string, files: PairFiles): Problem[] {
  const problems: Problem[] = [];
  const cert = attempt(`${path}.cert`, problems, () => {
    const pem = readPemSync(files.cert);
    certificatesOf(files.cert, pem);
    return pem;
  });
  const key = attempt(`${path}.key`, problems, () => {
    const pem = readPemSync(files.key);
    privateKeyOf(files.key, pem);
    return pem;
  });
  // Each is good by itself: what is wrong now is that they do not belong together.
  if (cert !== undefined && key !== undefined)
    attempt(`${path}.key`, problems, () => checkPair(files, cert, key));
  return problems;
}

function clientFaults(path: string, files: ClientFiles): Problem[] {
  const problems: Problem[] = [];
  const ca = attempt(`${path}.ca`, problems, () => {
    const pem = readPemSync(files.ca);
    checkAuthorities({ ca: files.ca }, pem, undefined);
    return pem;
  });
  const { crl } = files;
  if (ca !== undefined && crl !== undefined)
    attempt(`${path}.crl`, problems, () => checkAuthorities(files, ca, readPemSync(crl)));
  return problems;
}

function attempt<T>(path: string, problems: Problem[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof PemFault)) throw error;
    problems.push({ path, message: error.message });
    return undefined;
  }
}
