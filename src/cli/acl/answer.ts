import type { Reason } from "../../auth/rights/explain.js";

/** What the rights come to, and why. */
export interface Answer extends Omit<Reason, "rules"> {
  readonly rules: Reason["rules"];
  /** Where it is not for rules to decide. */
  readonly because?: string;
}

const MOST_SHOWN = 10;

/** In one line. */
export function answerText(answer: Answer): string {
  const { allowed, because, qos, whole, rules } = answer;
  if (allowed === undefined) return `undecided: ${because}`;
  if (because !== undefined) return `${allowed ? "allowed" : "denied"}: ${because}`;
  const denying = origins(rules.filter(({ deny }) => deny));
  if (!allowed) return denying === "" ? "denied: no rule allows it" : `denied by ${denying}`;
  const part = whole === false ? " in part" : "";
  const level = qos === undefined ? "" : ` at QoS ${qos}`;
  const but = part === "" || denying === "" ? "" : `, but for what is denied by ${denying}`;
  return `allowed${part}${level} by ${origins(rules.filter(({ deny }) => !deny))}${but}`;
}

function origins(rules: Reason["rules"]): string {
  const texts = [...new Set(rules.map(({ origin }) => origin))];
  const more = texts.length - MOST_SHOWN;
  const shown = texts.slice(0, MOST_SHOWN).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}
