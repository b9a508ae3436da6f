import type { Permissions } from "./permission.js";
import type { Template } from "./template.js";
import type { Who } from "./who.js";

/** A rule, wherever it was written. */
export interface Rule {
  /** Where it was written, for whoever asks why: `rights.rules[3]`, `acl:12`. */
  readonly origin: string;
  readonly deny: boolean;
  readonly who: Who;
  readonly permissions: Permissions;
  /** Topic filters, by their levels. */
  readonly topics: readonly (readonly Template[])[];
  /** Actions in channels, as bits. */
  readonly actions: number;
  readonly channels: readonly ChannelName[];
}

export interface ChannelName {
  readonly name: Template;
  /** Channels whose names begin with it. */
  readonly open: boolean;
}
