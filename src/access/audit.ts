/** What the audit tells of one event. Never a secret, a payload or a token. */
export interface AuditDetails {
  /** `mqtt`, `channel`, `v3`, `rest`, `metrics`, `login`, or `files` for what was read anew. */
  readonly door: string;
  readonly user?: string | undefined;
  readonly remote?: string | undefined;
  readonly client?: string | undefined;
  /** By what it was let in. */
  readonly proof?: string | undefined;
  readonly credential?: string | undefined;
  /** Why it was refused. */
  readonly reason?: string | undefined;
  /** What was changed: a method and path, a file. */
  readonly what?: string | undefined;
}

/** Who was let in, who was refused and why, and who changed something. */
export interface Audit {
  admitted(details: AuditDetails): void;
  refused(details: AuditDetails): void;
  ended(details: AuditDetails): void;
  changed(details: AuditDetails): void;
}

/** For a part that stands alone, as in tests. */
export const noAudit: Audit = { admitted() {}, refused() {}, ended() {}, changed() {} };
