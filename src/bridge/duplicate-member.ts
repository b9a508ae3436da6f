const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Whether an object in the JSON text names a member twice. JSON.parse takes the last of them, and the parser of a device may take
 * the first: what has been checked would not be what arrives. `value` is what the text was parsed to.
 */
export function hasDuplicateMember(json: string, value: unknown): boolean {
  return countWritten(json) !== countParsed(value);
}

/** Every member has a colon, and outside strings there is no other. */
function countWritten(json: string): number {
  let colons = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === QUOTE) inString = !inString;
    else if (code === BACKSLASH) i++;
    else if (code === COLON && !inString) colons++;
  }
  return colons;
}

function countParsed(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const members: unknown[] = Object.values(value);
  let count = Array.isArray(value) ? 0 : members.length;
  for (const member of members) count += countParsed(member);
  return count;
}
