import { z } from "zod";
import { JsonText } from "../../json/spliced.js";
import { channelPath } from "./channels.js";
import { encoding, flag, limit, time, wholeNumber } from "./fields.js";
import { operation } from "./operation.js";
import { checkRead, type Described } from "./permission.js";

/** What channels remember. Without a history, or without the position, it is an error of the channel protocol. */
export interface Histories {
  history(channel: string, query: HistoryQuery): HistoryPage | Promise<HistoryPage>;
}

export interface HistoryQuery {
  /** At most so many; 0 asks for the position only. */
  readonly limit: number;
  /** What came after this position; with `reverse`, what came before it. */
  readonly since?: Position | undefined;
  /** Newest first. */
  readonly reverse: boolean;
}

export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

export interface HistoryPage {
  readonly publications: readonly Publication[];
  /** Of the newest publication of all. */
  readonly position: Position;
}

export interface Publication {
  readonly offset: number;
  readonly content: {
    readonly topic: string;
    /** JSON text. */
    readonly data: string;
    readonly encoding: "base64" | undefined;
    readonly time: number | undefined;
  };
}

/** An answer ends with the publication that takes it over this; the client goes on from there. */
const MOST_BYTES = 1024 * 1024;

export const getHistory = operation({
  id: "getHistory",
  scope: "read",
  method: "GET",
  path: "/api/v1/channels/{channel}/history",
  tag: "channels",
  summary: "What was published on a channel",
  description:
    "Oldest first, from the beginning or after a position. An answer holds at most `limit` publications, and fewer when they are large; go on after `next`, with the `epoch` of the answer.",
  params: channelPath,
  query: z
    .strictObject({
      limit: limit(0),
      offset: wholeNumber(0, Number.MAX_SAFE_INTEGER)
        .optional()
        .describe("Only what came after this offset, or before it with `reverse`. Needs `epoch`."),
      epoch: z.string().min(1).max(64).optional().describe("The epoch of `offset`."),
      reverse: flag().describe("Newest first."),
    })
    .superRefine((query, context) => {
      if ((query.offset === undefined) !== (query.epoch === undefined))
        context.addIssue({ code: "custom", message: "offset and epoch go together: give both, or none" });
    }),
  answer: z.object({
    publications: z.array(
      z.object({
        offset: z.int(),
        topic: z.string(),
        data: z.unknown().describe("The payload, as channels carry it."),
        encoding: encoding(),
        time: time().optional(),
      }),
    ),
    epoch: z.string().describe("Offsets of another epoch have nothing to do with these."),
    offset: z.int().describe("Of the newest publication of the channel."),
    next: z
      .int()
      .optional()
      .describe("The `offset` to go on with, past what you may not see; left out when nothing was found."),
  }),
  example: {
    params: { channel: "device:7" },
    query: { limit: 1, offset: 41, epoch: "xYzK12ab" },
    answer: {
      publications: [
        { offset: 42, topic: "devices/7/telemetry", data: { c: 21.5 }, time: 1_767_225_600_000 },
      ],
      epoch: "xYzK12ab",
      offset: 57,
      next: 42,
    },
  },
  errors: {
    404: "No rule makes the channel.",
    409: "The channel keeps no history, or it does not know the position any more: start over without one.",
  },
  handle: async (
    { histories, channels }: { histories: Histories; channels: Described },
    { params: { channel }, query: { limit, offset, epoch, reverse } },
    { rights },
  ) => {
    checkRead(rights, channels, channel, "history");
    const since = offset === undefined || epoch === undefined ? undefined : { offset, epoch };
    const { publications, position } = await histories.history(channel, { limit, since, reverse });
    // Where the channel itself is allowed, so is all that is in it.
    const hides = rights && rights.channel(channel, "history") === undefined;
    const page = firstBytes(publications);
    const shown = page.filter(({ content }) => !hides || rights.mayReceive(content.topic));
    const next = page.at(-1)?.offset;
    return { publications: shown.map(written), ...position, ...(next === undefined ? {} : { next }) };
  },
});

function firstBytes(publications: readonly Publication[]): readonly Publication[] {
  let bytes = 0;
  const end = publications.findIndex(({ content }) => {
    bytes += content.data.length;
    return bytes > MOST_BYTES;
  });
  return end === -1 ? publications : publications.slice(0, end + 1);
}

function written({ offset, content: { topic, data, encoding, time } }: Publication) {
  return { offset, topic, data: new JsonText(data), encoding, time };
}
