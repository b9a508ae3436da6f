import { type KeySet, parseKeySet } from "./key-set.js";

/** Sets of identity providers are a few KiB; what is larger is none. */
const MAX_BYTES = 512 * 1024;

export const REMOTE_PLACE = "tokens.jwks";

interface Source {
  readonly url: string;
  /** In ms, for the whole answer. */
  readonly timeout: number;
  readonly closed: AbortSignal;
}

/** Fetches a set of keys. Rejects with an error whose message says why, without the URL: there may be a secret in that. */
export async function fetchKeySet({ url, timeout, closed }: Source): Promise<KeySet> {
  // AbortSignal.any() and AbortSignal.timeout() are not enough: in Node.js 20 the one forgets the other at the next garbage collection,
  // and a request that is not answered would be waited for without end.
  const request = new AbortController();
  const end = () => request.abort();
  const late = () => request.abort(new Error(`it has not answered within ${timeout} ms`));
  const timer = setTimeout(late, timeout);
  closed.addEventListener("abort", end);
  try {
    const text = await fetchText(url, request.signal);
    return parseKeySet(parse(text), { place: REMOTE_PLACE, remote: true });
  } finally {
    clearTimeout(timer);
    closed.removeEventListener("abort", end);
  }
}

async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  try {
    // A redirect could lead away from the host, or from TLS, that the configuration trusts.
    const response = await fetch(url, { signal, redirect: "error", headers: { accept: "application/json" } });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`it answers with status ${response.status}`);
    }
    return await readBounded(response);
  } catch (error) {
    throw new Error(reasonOf(error));
  }
}

async function readBounded({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`its answer is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("its answer is not JSON");
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "it cannot be fetched";
  const { cause } = error;
  // The message of fetch itself may quote the URL; that of the cause tells of the network.
  if (error instanceof TypeError)
    return cause instanceof Error ? networkReason(cause) : "it cannot be fetched";
  return error.message;
}

function networkReason(cause: NodeJS.ErrnoException): string {
  return cause.code ?? cause.message;
}
