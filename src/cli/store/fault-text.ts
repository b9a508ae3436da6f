import type { Fault } from "../../storage/level/maintenance/fault.js";

/** A client identifier may have 65,535 bytes. */
const MOST_SHOWN = 100;

/** One line for a person. */
export function faultText({ kind, clientId, topic, stream, problem, loss }: Fault): string {
  const client = clientId === undefined ? "" : ` of client ${shown(clientId)}`;
  const about = topic === undefined ? "" : `${client ? "," : " of"} topic ${shown(topic)}`;
  const name = stream === undefined ? "" : ` ${shown(stream)}`;
  return `${kind}${client}${about}${name}: ${problem}. Lost: ${loss}`;
}

/** Quoted, since either may hold what a terminal obeys. */
export function shown(text: string): string {
  return JSON.stringify(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text);
}
