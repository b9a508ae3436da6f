/** Where a value is: `["bridge", "channels", 0, "topics"]`. */
export type Path = readonly (string | number)[];

/** `bridge.channels[0].topics`, as messages and documentation write it. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}

/** The reverse of {@link formatPath}, for keys that hold neither dots nor brackets: the schema's own. */
export function parsePath(text: string): Path {
  return text
    .split(/[.[\]]/)
    .filter((step) => step !== "")
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** `bridge.channels[].topics`: the same key for every item of a list. */
export function patternOf(path: Path): string {
  return formatPath(path).replace(/\[\d+\]/g, "[]");
}
