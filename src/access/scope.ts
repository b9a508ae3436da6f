/**
 * What a credential may be used for beside MQTT and channels. `connect`: sessions of clients; `publish`, `read`, `manage`: the REST
 * API's calls of that kind; `metrics`: /metrics; `admin`: all of them.
 */
export const scopes = ["connect", "publish", "read", "manage", "metrics", "admin"] as const;

export type Scope = (typeof scopes)[number];

export type Scopes = ReadonlySet<Scope>;

export const noScopes: Scopes = new Set();

export function inScope(given: Scopes, needed: Scope): boolean {
  return given.has(needed) || given.has("admin");
}
