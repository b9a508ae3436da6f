/** Origins as `http.origins` lists them: `https://dashboard.example`, `https://*.example`, or `*`. */
export class Origins {
  /** Every origin is listed. */
  readonly any: boolean;
  readonly #exact = new Set<string>();
  /** What follows the asterisk, with the scheme before it. */
  readonly #wild: { readonly scheme: string; readonly suffix: string }[] = [];

  constructor(patterns: readonly string[]) {
    this.any = patterns.includes("*");
    for (const pattern of patterns) {
      const [, scheme = "", suffix] = /^(https?:)\/\/\*(\..+)$/.exec(pattern) ?? [];
      if (suffix !== undefined) this.#wild.push({ scheme, suffix: normal(scheme, `x${suffix}`).slice(1) });
      else if (pattern !== "*") this.#exact.add(new URL(pattern).origin);
    }
  }

  /** Whether an origin is named, by itself or by a pattern of its domain. */
  names(origin: URL): boolean {
    if (this.#exact.has(origin.origin)) return true;
    return this.#wild.some(
      ({ scheme, suffix }) =>
        origin.protocol === scheme && origin.host.length > suffix.length && origin.host.endsWith(suffix),
    );
  }

  /** Whether a Host header has the name of one of them. */
  hasHost(host: string): boolean {
    return ["http:", "https:"].some((scheme) => {
      const url = `${scheme}//${host}`;
      return URL.canParse(url) && this.names(new URL(url));
    });
  }
}

/** The host and port as a URL has them: lower case, without the port that the scheme implies. */
function normal(scheme: string, host: string): string {
  const url = `${scheme}//${host}`;
  return URL.canParse(url) ? new URL(url).host : host;
}
