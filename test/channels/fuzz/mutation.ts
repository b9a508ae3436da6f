import type { Random } from "../../model/random.js";

const NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "id",
  "channel",
  "",
  "push",
  "connect",
  "\u0000",
  "\ud800",
];
const DEEP = `${"[".repeat(3_000)}${"]".repeat(3_000)}`;
/** JSON texts that stand where something else is meant. */
const VALUES = [
  "null",
  "true",
  "false",
  "0",
  "-1",
  "1.5",
  "1e308",
  "1e400",
  "-0",
  "9007199254740993",
  "4294967296",
  "123456789012345678901234567890",
  '""',
  '"x"',
  '"\\u0000"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"__proto__"',
  '"+/#"',
  '"mqtt:#"',
  '"\\n"',
  "[]",
  "{}",
  "[[]]",
  "[null]",
  '{"__proto__":{"a":1}}',
  '{"a":1,"a":2}',
  '{"toString":1}',
  `"${"x".repeat(300)}"`,
  `"${"\u00e9".repeat(255)}"`,
  DEEP,
  `{"a":${DEEP}}`,
];

/** A frame that is nearly right: one or more commands with something wrong in them, or around them. */
export function mutate(command: object, id: number, random: Random): string {
  // What is wrong with a whole command ends the session; most of them are to reach further.
  const [name, request] = Object.entries(command)[0] ?? [];
  const odd = random.chance(0.7) ? 0.2 : 0;
  const right = name !== undefined && random.chance(0.95);
  let text = right
    ? `{"id":${id},${JSON.stringify(name)}:${write(request, random, odd)}}`
    : write({ id, ...command }, random, 0.2);
  if (random.chance(0.05)) text = scratch(text, random);
  return text;
}

/** Writes a value as JSON with members left out, twice there, renamed or with other values. */
function write(value: unknown, random: Random, probability: number): string {
  if (random.chance(probability / 2)) return random.oneOf(VALUES);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, random, probability)).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).flatMap(([name, member]) => {
    if (random.chance(probability / 3)) return [];
    const written = `${JSON.stringify(random.chance(probability / 3) ? random.oneOf(NAMES) : name)}:${write(member, random, probability)}`;
    return random.chance(probability / 3)
      ? [written, `${JSON.stringify(name)}:${random.oneOf(VALUES)}`]
      : [written];
  });
  if (random.chance(probability / 3))
    members.push(`${JSON.stringify(random.oneOf(NAMES))}:${random.oneOf(VALUES)}`);
  return `{${members.join()}}`;
}

/** Changes a text without regard to what it says. */
function scratch(text: string, random: Random): string {
  const at = random.between(0, text.length);
  const to = Math.min(text.length, at + random.between(1, 12));
  switch (random.oneOf(["cut", "take out", "twice", "character", "line", "value"] as const)) {
    case "cut":
      return text.slice(0, at);
    case "take out":
      return text.slice(0, at) + text.slice(to);
    case "twice":
      return text.slice(0, to) + text.slice(at);
    case "character":
      return text.slice(0, at) + String.fromCharCode(random.between(0, 0xffff)) + text.slice(at);
    case "line":
      return `${text.slice(0, at)}\n${text.slice(at)}`;
    default:
      return text.slice(0, at) + random.oneOf(VALUES) + text.slice(to);
  }
}
