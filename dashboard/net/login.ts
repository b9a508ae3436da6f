import { fetchSession, logIn, logOut, mustLogIn, NO_SESSION, type Session } from "./session.js";

/** Browsers take no longer delay for a timer. */
const MAX_DELAY = 2 ** 31 - 1;

export interface LoginOptions {
  readonly base: URL;
  /** It is somebody else than before, or nobody any more where nobody has to log in. */
  onUser(): void;
  /** Nothing is to be seen any more before somebody logs in; the reason is a sentence, if there is one. */
  onNeeded(reason: string | undefined): void;
}

/** The login of whoever looks at the page. */
export class Login {
  session: Session = NO_SESSION;
  readonly #options: LoginOptions;
  #end: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  /** Asks the server; whether somebody has to log in now. Without an answer nothing is known to have changed. */
  async check(): Promise<boolean> {
    const before = this.session;
    const session = await fetchSession(this.#options.base);
    if (!session) return false;
    this.#take(session);
    const ended = before.user !== undefined;
    if (!mustLogIn(session)) {
      // The login has ended, or another page of the browser has begun one.
      if (before !== NO_SESSION && before.user !== session.user) this.#options.onUser();
      return false;
    }
    this.#options.onNeeded(ended ? "Your login has ended. Log in again to go on." : undefined);
    return true;
  }

  /** Rejects with a reason worth showing. */
  async begin(user: string, password: string): Promise<void> {
    const { base } = this.#options;
    await logIn(base, user, password);
    const session = await fetchSession(base);
    if (!session || mustLogIn(session))
      throw new Error("The browser did not keep the login. Does it take cookies of this server?");
    this.#take(session);
    this.#options.onUser();
  }

  /** Rejects with a reason worth showing. */
  async end(): Promise<void> {
    await logOut(this.#options.base);
    this.#take({ ...this.session, user: undefined, expiresAt: undefined });
    if (mustLogIn(this.session)) this.#options.onNeeded("You are logged out.");
    else this.#options.onUser();
  }

  #take(session: Session): void {
    this.session = session;
    clearTimeout(this.#end);
    if (session.expiresAt === undefined) return;
    // A little later, so that the server has seen the end too.
    const delay = Math.max(0, session.expiresAt - Date.now()) + 1_000;
    this.#end = setTimeout(() => void this.check(), Math.min(delay, MAX_DELAY));
  }
}
