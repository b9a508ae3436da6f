import { clientInfo, type Member } from "./member.js";

/*
 * Who is in a channel, as bare WebSockets are told. The conventions want every member in each of these frames, so all of a
 * channel's members coming at once costs the cube of their number: what is told of a large channel is bounded.
 */

/** Members that a frame names. In channels that have more, joins and leaves are not told. */
export const MOST_NAMED = 100;

/** Everybody, for the one who has just come. */
export function memberList(members: ReadonlyMap<string, Member>): Buffer {
  return frame("system:member_list", roster(members));
}

/** Somebody came or went; undefined when there are too many members to name them all. */
export function memberChange(
  kind: "join" | "leave",
  member: Member,
  members: ReadonlyMap<string, Member>,
): Buffer | undefined {
  if (members.size > MOST_NAMED) return undefined;
  const event = kind === "join" ? "system:member_joined" : "system:member_left";
  return frame(event, { member: entry(member), ...roster(members) });
}

function roster(members: ReadonlyMap<string, Member>): { members: object[]; count: number } {
  const named: object[] = [];
  for (const member of members.values()) {
    if (named.length === MOST_NAMED) break;
    named.push(entry(member));
  }
  return { members: named, count: members.size };
}

/** A member is known by its `uuid`: the one it goes by, else its client's identifier. */
function entry(member: Member): object {
  const { client, user, alias } = member;
  return {
    ...clientInfo(member),
    uuid: alias?.uuid ?? client,
    user: user || alias?.user || "anonymous",
    verified: user !== "",
  };
}

function frame(event: string, data: object): Buffer {
  return Buffer.from(JSON.stringify({ event, data }));
}
