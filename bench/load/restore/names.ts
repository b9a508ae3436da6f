const DIGITS = 6;

/** The client identifier of a session, counted from 0. */
export function sessionName(number: number): string {
  return `session-${String(number).padStart(DIGITS, "0")}`;
}

/** The topic that it is subscribed to. */
export function sessionTopic(number: number): string {
  return `bench/restore/${String(number).padStart(DIGITS, "0")}`;
}
