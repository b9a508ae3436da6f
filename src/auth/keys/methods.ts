import type { Door } from "../../access/gate.js";
import type { WatchedFiles } from "../../files/watched-files.js";
import type { Method } from "../method.js";
import { ConfiguredKeys } from "./configured-keys.js";
import { Keys } from "./keys.js";
import { NeededKey } from "./needed-key.js";

/** Sections of the configuration that hold keys, or name a file of them. */
export interface KeyOptions {
  readonly keys?: { readonly file: string } | undefined;
  readonly api: { readonly keys: readonly string[] };
  readonly gateway: { readonly apiKeys: readonly string[] };
}

/**
 * Everything that knows keys. Those of the configuration first: they may look like anything, also like keys of the file, which
 * refuses what only looks so.
 */
export async function keyMethods(
  { keys, api, gateway }: KeyOptions,
  files: WatchedFiles,
  changed: () => void,
): Promise<Method[]> {
  return [
    ...(api.keys.length > 0 ? [ConfiguredKeys.ofApi(api.keys)] : []),
    ...(gateway.apiKeys.length > 0 ? [ConfiguredKeys.ofGateway(gateway.apiKeys)] : []),
    ...(keys ? [await Keys.open(keys.file, files, changed)] : []),
  ];
}

/** Doors for which the configuration holds keys are shut without credentials. For the end of the list of methods. */
export function neededKeys({ api, gateway }: KeyOptions): Method[] {
  const doors = new Map<Door, string>();
  if (api.keys.length > 0) doors.set("rest", "api.keys");
  if (gateway.apiKeys.length > 0) doors.set("v3", "gateway.apiKeys");
  return doors.size > 0 ? [new NeededKey(doors)] : [];
}
