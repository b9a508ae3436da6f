const MAX_BYTES = 4096;
const MAX_SETTINGS = 8;

export interface Command {
  /** Chosen by the sender, repeated in the answer. */
  readonly id?: string | number;
  readonly settings: readonly (readonly [name: string, value: unknown])[];
}

/** Reads `{"target":21.5}`, or says what is wrong with it: devices get their commands from strangers. */
export function parseCommand(payload: Uint8Array): Command | string {
  if (payload.length > MAX_BYTES) return `a command must not be longer than ${MAX_BYTES} bytes`;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    return 'a command must be a JSON object such as {"interval":5}';
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return 'a command must be a JSON object such as {"interval":5}';
  const { id, ...named } = value as Record<string, unknown>;
  const settings = Object.entries(named);
  if (settings.length === 0) return "a command must name at least one setting";
  if (settings.length > MAX_SETTINGS) return `a command must not name more than ${MAX_SETTINGS} settings`;
  return isId(id) ? { id, settings } : { settings };
}

const isId = (id: unknown): id is string | number =>
  typeof id === "number" || (typeof id === "string" && id.length <= 64);
