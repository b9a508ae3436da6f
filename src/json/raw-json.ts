/*
 * Finds members and items in JSON text without changing a byte of them: a number of more than 15 digits, the order of members and
 * the spelling of strings would not survive parsing and printing. The text must be valid; JSON.parse has judged it before.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** The text of the member at `path`, or undefined when there is none. Of members with the same name the last counts. */
export function rawMember(json: string, ...path: readonly string[]): string | undefined {
  let text: string | undefined = json;
  for (const name of path) {
    text = memberOf(text, name);
    if (text === undefined) return undefined;
  }
  return text;
}

function memberOf(json: string, wanted: string): string | undefined {
  let position = skipSpace(json, 0);
  if (json[position] !== "{") return undefined;
  position = skipSpace(json, position + 1);
  let found: string | undefined;
  while (json[position] === '"') {
    const nameEnd = skipString(json, position);
    const name: unknown = JSON.parse(json.slice(position, nameEnd));
    const start = skipSpace(json, skipSpace(json, nameEnd) + 1);
    const end = skipValue(json, start);
    if (name === wanted) found = json.slice(start, end);
    position = skipSpace(json, skipSpace(json, end) + 1);
  }
  return found;
}

/** The texts of an array's items; none when the text is no array. */
export function rawItems(json: string): string[] {
  const items: string[] = [];
  let position = skipSpace(json, 0);
  if (json[position] !== "[") return items;
  position = skipSpace(json, position + 1);
  while (position < json.length && json[position] !== "]") {
    const end = skipValue(json, position);
    items.push(json.slice(position, end));
    position = skipSpace(json, skipSpace(json, end) + 1);
  }
  return items;
}

function skipSpace(json: string, from: number): number {
  let position = from;
  // All white space of JSON is at or below U+0020, and nothing else outside strings is.
  while (position < json.length && json.charCodeAt(position) <= SPACE) position++;
  return position;
}

/** From the opening quote to after the closing one. */
function skipString(json: string, from: number): number {
  for (let position = from + 1; position < json.length; position++) {
    const code = json.charCodeAt(position);
    if (code === BACKSLASH) position++;
    else if (code === QUOTE) return position + 1;
  }
  return json.length;
}

function skipValue(json: string, from: number): number {
  let depth = 0;
  let position = from;
  while (position < json.length) {
    const character = json[position];
    if (character === '"') position = skipString(json, position);
    else if (character === "{" || character === "[") {
      depth++;
      position++;
    } else if (character === "}" || character === "]") {
      if (depth === 0) return position;
      depth--;
      position++;
    } else if (depth === 0 && (character === "," || json.charCodeAt(position) <= SPACE)) return position;
    else {
      position++;
      continue;
    }
    if (depth === 0) return position;
  }
  return position;
}
