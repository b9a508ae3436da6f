/** Where the connection to the server stands. */
export type Link =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  | { readonly state: "reconnecting"; readonly attempts: number; readonly reason: string }
  | { readonly state: "offline"; readonly reason: string }
  /** Somebody has to log in first; the reason is a sentence, if there is one. */
  | { readonly state: "login"; readonly reason: string | undefined };

/** In a person's words what the client library or the server gave as the reason. */
export function reasonText(code: number, reason: string): string {
  return REASONS.get(code) ?? (reason === "" ? `closed with code ${code}` : reason);
}

/** The client library's own codes (below 100) and the protocol's disconnect codes. */
const REASONS = new Map([
  [0, "disconnected by this page"],
  [1, "the connection was lost"],
  [2, "the server went silent"],
  [3, "the server did not answer in time"],
  [3001, "the server is shutting down"],
  [3004, "the server had an internal error"],
  [3008, "this page was too slow for the messages"],
  [3500, "the server lets nobody in without a good credential"],
  [109, "the server lets nobody in without a token or a login"],
  [3501, "the server did not understand this page; reload it"],
  [3503, "the server closed the connection"],
  [3504, "the server has no room for another connection"],
  [3507, "permission denied"],
]);
