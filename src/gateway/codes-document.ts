import { disconnects, errors, reconnects } from "./codes.js";

/** The text of docs/reference/codes.md. */
export function codesDocument(): string {
  return `${[
    "# Codes of the channel protocol",
    "",
    "<!-- Generated from src/gateway/codes.ts. -->",
    "",
    "## Errors",
    "",
    'The answer to one command: `{"id": 7, "error": {"code": 102, "message": "unknown channel: ..."}}`. The session goes on.',
    'On a plain WebSocket (`/v3/{channel}`) the same arrives as `{"event": "system:error", "data": {"code": ..., "message": ...}}`.',
    "A message starts with the words below and goes on with the particulars; rely on the code.",
    "",
    "| code | message | try again | meaning |",
    "|---|---|---|---|",
    ...Object.values(errors).map(
      (e) => `| ${e.code} | ${e.message} | ${e.temporary ? "yes" : "no"} | ${e.meaning} |`,
    ),
    "",
    "## Disconnects",
    "",
    "The server ends the session. The code is the WebSocket close code. Client libraries come back after 3000-3499 and",
    "4000-4499, and stay away after 3500-3999 and 4500-4999.",
    "",
    "| code | reason | reconnect | meaning |",
    "|---|---|---|---|",
    ...Object.values(disconnects).map(
      (d) => `| ${d.code} | ${d.reason} | ${reconnects(d.code) ? "yes" : "no"} | ${d.meaning} |`,
    ),
    "",
    "A frame over `gateway.maxFrameSize` closes the connection with WebSocket code 1009, text that is not UTF-8 with 1007, and a",
    "violation of the WebSocket protocol with 1002.",
  ].join("\n")}\n`;
}
