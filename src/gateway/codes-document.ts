import { disconnects, errors, reconnects, resubscribes, unsubscribes } from "./codes.js";

/** The text of docs/reference/codes.md. */
export function codesDocument(): string {
  return `${[
    "# Codes of the channel protocol",
    "",
    "<!-- Generated from src/gateway/codes.ts by `npm run docs`; changes made here are lost. -->",
    "",
    "## Errors",
    "",
    'The answer to one command: `{"id": 7, "error": {"code": 102, "message": "unknown channel: ..."}}`. The session goes on.',
    'On a plain WebSocket (`/v3/{channel}`) the same arrives as `{"event": "system:error", "data": {"code": ..., "message": ...}}`.',
    "Before it is disconnected for good it is told the disconnect's code in the same way, with `error` beside `data`.",
    "A message starts with the words below and goes on with the particulars; rely on the code.",
    "",
    "| code | message | try again | meaning |",
    "|---|---|---|---|",
    ...Object.values(errors).map(
      (e) => `| ${e.code} | ${e.message} | ${e.temporary ? "yes" : "no"} | ${e.meaning} |`,
    ),
    "",
    "## Unsubscribes",
    "",
    "The server ends one subscription, by a push; the session goes on. Client libraries subscribe again by themselves from 2500 on.",
    "",
    "| code | reason | subscribe again | meaning |",
    "|---|---|---|---|",
    ...Object.values(unsubscribes).map(
      (u) => `| ${u.code} | ${u.reason} | ${resubscribes(u.code) ? "yes" : "no"} | ${u.meaning} |`,
    ),
    "",
    "## Disconnects",
    "",
    "The server ends the session. The code is the WebSocket close code; over HTTP-stream and SSE it is the last thing in the",
    'response, as `{"push": {"disconnect": {"code": 3001, "reason": "shutdown"}}}`. Client libraries come back after 3000-3499',
    "and 4000-4499, and stay away after 3500-3999 and 4500-4999.",
    "",
    "| code | reason | reconnect | meaning |",
    "|---|---|---|---|",
    ...Object.values(disconnects).map(
      (d) => `| ${d.code} | ${d.reason} | ${reconnects(d.code) ? "yes" : "no"} | ${d.meaning} |`,
    ),
    "",
    "A frame over `gateway.maxFrameSize` closes the connection with WebSocket code 1009, text that is not UTF-8 with 1007, and a",
    "violation of the WebSocket protocol with 1002. Over HTTP-stream and SSE such a request is refused with status 413 or 400.",
  ].join("\n")}\n`;
}
