import { readFileSync } from "node:fs";

/** The version in package.json, which lies above this file both in the source and in the build. */
export const version: string = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
).version;
