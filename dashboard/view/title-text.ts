const MAX = 500;

/** A tooltip's text: whole where that is sensible, for devices may send names of 64 KiB. */
export function titleText(text: string): string {
  return text.length > MAX ? `${text.slice(0, MAX)}…` : text;
}
