import { BlockList, isIP } from "node:net";

/** Addresses and ranges, such as `10.0.0.7`, `10.0.0.0/8` and `fd00::/8`. */
export class AddressRanges {
  readonly #list = new BlockList();
  readonly #empty: boolean;

  /** Throws when one is no address and no range; `faultOfRange` says why. */
  constructor(ranges: readonly string[]) {
    this.#empty = ranges.length === 0;
    for (const range of ranges) this.#add(range);
  }

  has(address: string): boolean {
    if (this.#empty) return false;
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 4 ? "ipv4" : "ipv6");
  }

  #add(range: string): void {
    const { address, prefix, family } = parse(range);
    if (prefix === undefined) this.#list.addAddress(address, family);
    else this.#list.addSubnet(address, prefix, family);
  }
}

/** What is wrong with a range, or undefined. */
export function faultOfRange(range: string): string | undefined {
  try {
    parse(range);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function parse(range: string): { address: string; prefix?: number; family: "ipv4" | "ipv6" } {
  const [address = "", length, ...more] = range.split("/");
  const version = isIP(address);
  if (version === 0 || address.includes("%") || more.length > 0)
    throw new Error(
      `${JSON.stringify(range)} is neither an address nor a range such as 10.0.0.0/8 or fd00::/8`,
    );
  const family = version === 4 ? "ipv4" : "ipv6";
  if (length === undefined) return { address, family };
  const most = version === 4 ? 32 : 128;
  if (!/^\d{1,3}$/.test(length) || Number(length) > most)
    throw new Error(`${JSON.stringify(range)} has a prefix that is not from 0 to ${most}`);
  return { address, prefix: Number(length), family };
}
