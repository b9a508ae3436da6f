/** JSON text without line breaks: they are white space between tokens, since strings cannot hold them. */
export function onOneLine(json: string): string {
  return /[\r\n]/.test(json) ? json.replace(/[\r\n][ \t\r\n]*/g, "") : json;
}
