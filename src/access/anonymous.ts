import type { Principal } from "./principal.js";
import { noScopes, scopes } from "./scope.js";

/** Somebody without credentials, where those are let in. Rules for anonymous clients apply. */
export const anonymous: Principal = {
  user: "",
  proof: "none",
  channels: [],
  scopes: noScopes,
  unrestricted: false,
};

/** Somebody on this machine, while nobody else can reach the server and no credentials are asked for. */
export const local: Principal = {
  user: "",
  proof: "loopback",
  channels: [],
  scopes: new Set(scopes),
  unrestricted: true,
};
