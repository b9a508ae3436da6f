import { clientInfo, type Member } from "./member.js";
import { memberChange } from "./roster.js";

/** Somebody came or went. Each form is encoded when first asked for, and shared by all who hear of it. */
export class RoomEvent {
  readonly kind: "join" | "leave";
  readonly member: Member;
  readonly #channel: string;
  readonly #members: ReadonlyMap<string, Member>;
  #push: Buffer | undefined;
  #plain: Buffer | undefined;

  /** `members`: everybody who may be known of, this member included when it came. */
  constructor(channel: string, kind: "join" | "leave", member: Member, members: ReadonlyMap<string, Member>) {
    this.#channel = channel;
    this.kind = kind;
    this.member = member;
    this.#members = members;
  }

  /** The frame for a session of the channel protocol. */
  get push(): Buffer {
    this.#push ??= Buffer.from(
      JSON.stringify({ push: { channel: this.#channel, [this.kind]: { info: clientInfo(this.member) } } }),
    );
    return this.#push;
  }

  /** The frame for a bare WebSocket; undefined while there are too many members to name them all. */
  get plain(): Buffer | undefined {
    this.#plain ??= memberChange(this.kind, this.member, this.#members);
    return this.#plain;
  }
}
