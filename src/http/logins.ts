import type { Principal } from "../access/principal.js";

/** The logins that there are. */
export interface Logins {
  /** `id` is the value of the cookie; the end in ms since 1970. */
  begin(principal: Principal): { readonly id: string; readonly expiresAt: number };
  /** Who has logged in and got this value, as long as the login holds. */
  find(id: string): Principal | undefined;
  /** Gives who it was. */
  end(id: string): Principal | undefined;
}
