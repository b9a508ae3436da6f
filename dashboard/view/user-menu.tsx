import { useState } from "preact/hooks";
import type { Session } from "../net/session.js";
import { titleText } from "./title-text.js";

export interface UserMenuProps {
  readonly session: Session;
  readonly onAsk: () => void;
  /** Rejects with a reason worth showing. */
  readonly onLogOut: () => Promise<void>;
}

/** Who looks at the page, where that can be said. */
export function UserMenu({ session, onAsk, onLogOut }: UserMenuProps) {
  const [fault, setFault] = useState<string>();
  if (!session.login) return null;
  const { user } = session;
  if (user === undefined)
    return (
      <div class="user">
        <button type="button" class="quiet" onClick={onAsk}>
          Log in
        </button>
      </div>
    );
  const logOut = () => onLogOut().catch((error: Error) => setFault(error.message));
  return (
    <div class="user">
      {fault === undefined ? null : (
        <span class="fault" role="alert">
          {fault}
        </span>
      )}
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="5" r="3" />
        <path d="M2.5 14a5.5 5.5 0 0 1 11 0" />
      </svg>
      <span class="user-name" title={titleText(user)}>
        <span class="offscreen">Logged in as </span>
        {user}
      </span>
      <button type="button" class="quiet" onClick={logOut}>
        Log out
      </button>
    </div>
  );
}
