import type { PresenceStats, Presences, Member as ShownMember } from "../http/api/presence.js";
import type { Channels } from "./channels.js";
import { errors } from "./codes.js";
import { quote } from "./command.js";
import { Fault } from "./fault.js";
import type { Rooms } from "./rooms.js";

/** Who is subscribed to channels, for those who look after them. */
export class PresenceView implements Presences {
  readonly #channels: Channels;
  readonly #rooms: Rooms;

  constructor(channels: Channels, rooms: Rooms) {
    this.#channels = channels;
    this.#rooms = rooms;
  }

  /** @throws {Fault} when the channel has no presence. */
  presence(channel: string): ReadonlyMap<string, ShownMember> {
    this.#check(channel);
    return new Map(
      this.#rooms
        .members(channel)
        .map(({ client, user, connInfo, chanInfo }) => [
          client,
          { user, connInfo: textOf(connInfo), chanInfo: textOf(chanInfo) },
        ]),
    );
  }

  presenceStats(channel: string): PresenceStats {
    this.#check(channel);
    return this.#rooms.stats(channel);
  }

  #check(channel: string): void {
    const features = this.#channels.features(channel);
    if (features instanceof Fault) throw features;
    if (!features.presence)
      throw new Fault(errors.notAvailable, `the rule of channel ${quote(channel)} has no presence`);
  }
}

function textOf(info: unknown): string | undefined {
  return info === undefined ? undefined : JSON.stringify(info);
}
