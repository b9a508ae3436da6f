import type { ErrorCode } from "./codes.js";

/** Why a command is refused: a code of the protocol, and the particulars for the person who reads it. */
export class Fault extends Error {
  readonly code: number;
  readonly temporary: boolean;

  constructor(kind: ErrorCode, particulars?: string) {
    super(particulars === undefined ? kind.message : `${kind.message}: ${particulars}`);
    this.code = kind.code;
    this.temporary = kind.temporary;
  }

  /** As the protocol writes it. */
  toJSON(): { code: number; message: string; temporary?: true } {
    const { code, message } = this;
    return this.temporary ? { code, message, temporary: true } : { code, message };
  }
}
