/** What an MQTT client can send. */
const MOST_BYTES = 65_535;

/** Why a name cannot stand in a file of accounts; undefined when it can. */
export function accountNameFault(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (name.includes(":")) return "it holds a colon, which ends a name in the file";
  if (name.startsWith("#")) return "it begins with #, as a comment does";
  if (name.trim() !== name) return "it begins or ends with white space";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(name)) return "it holds a control character";
  if (Buffer.byteLength(name) > MOST_BYTES) return `it is longer than ${MOST_BYTES} bytes`;
  return undefined;
}
