/** A setting that works, and is weak. */
export interface Weakness {
  readonly path: string;
  readonly message: string;
}

/** The weaknesses whose conditions hold. */
export function weaknesses(...all: [holds: boolean, path: string, why: string][]): Weakness[] {
  return all.flatMap(([holds, path, why]) => (holds ? [{ path, message: `weak: ${why}` }] : []));
}

/** Whether a URL's way is in the clear and leaves this machine. */
export function isClearText(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}
