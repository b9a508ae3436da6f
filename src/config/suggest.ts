/** The candidate that `word` is most likely a misspelling of; none when nothing is near. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = bare(word);
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const steps = distance(wanted, bare(candidate));
    if (steps >= least) continue;
    least = steps;
    best = candidate;
  }
  return best;
}

/** `max_packet_size` and `max-packet-size` are spellings of `maxPacketSize`, at no distance. */
function bare(word: string): string {
  return word
    .toLowerCase()
    .replace(/[-_\s]/g, "")
    .slice(0, 100);
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
export function distance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const steps = [
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        ...(swapped && row > 1 && column > 1 ? [(beforeLast[column - 2] ?? 0) + 1] : []),
      ];
      current.push(Math.min(...steps));
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}

const UNITS: Record<string, string> = {
  msec: "ms",
  milliseconds: "ms",
  sec: "s",
  secs: "s",
  second: "s",
  seconds: "s",
  min: "m",
  mins: "m",
  minute: "m",
  minutes: "m",
  hour: "h",
  hours: "h",
  day: "d",
  days: "d",
  b: "B",
  bytes: "B",
  k: "KiB",
  kb: "KiB",
  kib: "KiB",
  m: "MiB",
  mb: "MiB",
  mib: "MiB",
  g: "GiB",
  gb: "GiB",
  gib: "GiB",
};

const BOOLEANS: Record<string, string> = {
  yes: "true",
  on: "true",
  "1": "true",
  no: "false",
  off: "false",
  "0": "false",
};

/** What was probably meant by a value of the wrong form; `kind` is the key's title or type. */
export function meantValue(
  value: unknown,
  kind: string,
  options: readonly unknown[] = [],
): string | undefined {
  const text = String(value).trim();
  if (options.length > 0) return typeof value === "string" ? nearest(text, options.map(String)) : undefined;
  if (kind === "boolean") return BOOLEANS[text.toLowerCase()] ?? nearest(text, ["true", "false"]);
  if (kind === "address") return meantAddress(text);
  if (kind === "duration" || kind === "size") return meantAmount(text, kind);
  return kind === "integer" && typeof value === "string" && /^\d+$/.test(text) ? text : undefined;
}

function meantAddress(text: string): string | undefined {
  const port = /^:?(\d{1,5})$/.exec(text)?.[1];
  if (port !== undefined) return Number(port) <= 65_535 ? `127.0.0.1:${port}` : undefined;
  return /^[a-z]+:\/\/([^/]+:\d+)\/?$/.exec(text)?.[1];
}

function meantAmount(text: string, kind: "duration" | "size"): string | undefined {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text) ?? [];
  const meant = UNITS[unit.toLowerCase()];
  if (amount === undefined || meant === undefined) return undefined;
  // A value that is well formed is wrong for another reason.
  if (meant === unit || meant.endsWith("B") !== (kind === "size")) return undefined;
  return amount + meant;
}
