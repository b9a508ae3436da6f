import { findCommand } from "./commands.js";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Where a browser is that can be driven, or undefined when there is none. */
export function findBrowser(): string | undefined {
  return NAMES.map((name) => findCommand(name)).find((path) => path !== undefined);
}

/** Says why no page can be loaded, or undefined when one can. */
export function lackOfBrowser(): string | undefined {
  return findBrowser() ? undefined : "there is no browser; get one with: apt-get install chromium";
}
