/** A part of a text that is to be filled in: `%u`, `%c` or the name of a capture. */
export interface Variable {
  readonly variable: string;
}

/** Text, and what is to be filled in between. */
export type Template = readonly (string | Variable)[];

/** Which of `%u`, `%c` and `{name}` are more than text. */
export interface Syntax {
  readonly percent: boolean;
  readonly captures: boolean;
}

export const everyVariable: Syntax = { percent: true, captures: true };
export const percentOnly: Syntax = { percent: true, captures: false };
export const plainText: Syntax = { percent: false, captures: false };

const VARIABLE = /%[uc]|\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

export function parseTemplate(text: string, { percent, captures }: Syntax): Template {
  // Most levels of many rules are plain.
  if (!text.includes("%") && !text.includes("{")) return [text];
  const pieces: (string | Variable)[] = [];
  let position = 0;
  for (const match of text.matchAll(VARIABLE)) {
    const [written, capture] = match;
    if (capture === undefined ? !percent : !captures) continue;
    if (match.index > position) pieces.push(text.slice(position, match.index));
    pieces.push({ variable: capture ?? written });
    position = match.index + written.length;
  }
  if (position < text.length) pieces.push(text.slice(position));
  return pieces;
}

/** The names of the captures that it wants. */
export function capturesIn(text: string): string[] {
  return [...text.matchAll(VARIABLE)].flatMap(([, capture]) => (capture === undefined ? [] : [capture]));
}

/** What a variable stands for. Null: something that must not be filled in. Undefined: nothing. */
export type Value = string | null | undefined;

/**
 * A wildcard or a separator in a name would make more of a filter than its author meant: a client that calls itself `#` would own
 * every topic.
 */
export function fillable(name: string): Value {
  if (name === "") return undefined;
  return /[+#/\0]/.test(name) ? null : name;
}

/** A template whose variables are places in a list of values. */
export type Slotted = readonly (string | number)[];

export function fill(template: Slotted, values: readonly Value[]): Value {
  let text = "";
  let refused = false;
  for (const piece of template) {
    const part = typeof piece === "string" ? piece : values[piece];
    if (part === undefined) return undefined;
    if (part === null) refused = true;
    else text += part;
  }
  return refused ? null : text;
}
