import { clientInfo, type Member } from "./member.js";
import { RoomEvent } from "./room-event.js";
import type { Watcher } from "./watcher.js";

/** Who wants to hear who comes and goes. */
export interface RoomListener {
  joined(event: RoomEvent): void;
  left(event: RoomEvent): void;
}

/** One subscription's stay in a room. */
export interface Stay {
  readonly member: Member;
  /** Hears who comes and goes, when it wants to. */
  readonly listener: RoomListener | undefined;
  /** Whether others may know of it: the channel's rule says so. */
  readonly present: boolean;
}

interface Room {
  /** Everybody who is subscribed. */
  readonly stays: Set<Stay>;
  /** Those of them that others may know of, by client. */
  readonly members: Map<string, Member>;
  /** How many of them each user has. */
  readonly users: Map<string, number>;
  readonly listeners: Set<RoomListener>;
}

const NOBODY: ReadonlyMap<string, Member> = new Map();

/** Who is in which channel. Bounded by the subscriptions of all sessions. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #watcher: Watcher;

  constructor(watcher: Watcher) {
    this.#watcher = watcher;
  }

  enter(channel: string, stay: Stay): void {
    const room = this.#rooms.get(channel) ?? this.#open(channel);
    room.stays.add(stay);
    if (stay.listener) room.listeners.add(stay.listener);
    if (!stay.present) return;
    const { member } = stay;
    room.members.set(member.client, member);
    room.users.set(member.user, (room.users.get(member.user) ?? 0) + 1);
    this.#watcher.memberJoined(channel, clientInfo(member));
    if (room.listeners.size === 0) return;
    const event = new RoomEvent(channel, "join", member, room.members);
    for (const listener of room.listeners) listener.joined(event);
  }

  leave(channel: string, stay: Stay): void {
    const room = this.#rooms.get(channel);
    if (!room?.stays.delete(stay)) return;
    if (stay.listener) room.listeners.delete(stay.listener);
    if (stay.present) this.#left(channel, room, stay.member);
    if (room.stays.size > 0) return;
    this.#rooms.delete(channel);
    this.#watcher.channelVacated(channel);
  }

  /** Who is in the channel, as far as others may know. */
  members(channel: string): readonly Member[] {
    return [...this.membersByClient(channel).values()];
  }

  /** The same, as it is at any time. */
  membersByClient(channel: string): ReadonlyMap<string, Member> {
    return this.#rooms.get(channel)?.members ?? NOBODY;
  }

  /** How many they are. */
  size(channel: string): number {
    return this.#rooms.get(channel)?.members.size ?? 0;
  }

  /** How many they are, and how many users they belong to. */
  stats(channel: string): { clients: number; users: number } {
    const room = this.#rooms.get(channel);
    return { clients: room?.members.size ?? 0, users: room?.users.size ?? 0 };
  }

  /** Subscriptions by channel. */
  *occupied(): Generator<{ channel: string; subscribers: number }> {
    for (const [channel, { stays }] of this.#rooms) yield { channel, subscribers: stays.size };
  }

  /** How many subscriptions a channel has. */
  subscribers(channel: string): number {
    return this.#rooms.get(channel)?.stays.size ?? 0;
  }

  #open(channel: string): Room {
    const room: Room = { stays: new Set(), members: new Map(), users: new Map(), listeners: new Set() };
    this.#rooms.set(channel, room);
    this.#watcher.channelOccupied(channel);
    return room;
  }

  #left(channel: string, { members, users, listeners }: Room, member: Member): void {
    members.delete(member.client);
    const others = (users.get(member.user) ?? 1) - 1;
    if (others > 0) users.set(member.user, others);
    else users.delete(member.user);
    this.#watcher.memberLeft(channel, clientInfo(member));
    if (listeners.size === 0) return;
    const event = new RoomEvent(channel, "leave", member, members);
    for (const listener of listeners) listener.left(event);
  }
}
