/** Who looks at the page, as far as the server knows. */
export interface Session {
  /** Who has logged in. */
  readonly user: string | undefined;
  /** When the login ends, in ms since 1970. */
  readonly expiresAt: number | undefined;
  /** Whether the server lets in whoever has no credentials. */
  readonly anonymous: boolean;
  /** Whether it has accounts to log in with. */
  readonly login: boolean;
}

/** A server that says nothing of it knows no logins. */
export const NO_SESSION: Session = { user: undefined, expiresAt: undefined, anonymous: true, login: false };

/** Shows that a page of the server sends the request: another could not set it without being asked. */
export const PROOF = { "X-Causeway-CSRF": "1" };

const TIMEOUT = 10_000;

/** Whether there is nothing to see before somebody logs in. */
export function mustLogIn({ user, anonymous, login }: Session): boolean {
  return login && !anonymous && user === undefined;
}

/** Undefined when the server does not answer. */
export async function fetchSession(base: URL): Promise<Session | undefined> {
  try {
    const response = await fetch(new URL("session", base), { signal: AbortSignal.timeout(TIMEOUT) });
    return response.ok ? readSession(await response.json()) : undefined;
  } catch {
    return undefined;
  }
}

/** Rejects with a reason worth showing. */
export async function logIn(base: URL, user: string, password: string): Promise<void> {
  const response = await post(new URL("login", base), { user, password });
  if (response.status === 401) throw new Error("The name or the password is wrong.");
  if (response.status === 429) throw new Error("Too many attempts have failed. Wait a little and try again.");
  if (!response.ok) throw new Error(`The server did not log you in: ${await faultOf(response)}.`);
}

export async function logOut(base: URL): Promise<void> {
  const response = await post(new URL("logout", base), {});
  if (!response.ok) throw new Error(`The server did not log you out: ${await faultOf(response)}.`);
}

async function post(url: URL, body: object): Promise<Response> {
  try {
    return await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...PROOF },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT),
    });
  } catch {
    throw new Error("The server cannot be reached. Try again.");
  }
}

async function faultOf(response: Response): Promise<string> {
  const { error = `status ${response.status}` } = (await response.json().catch(() => ({}))) as {
    error?: string;
  };
  return error;
}

function readSession(answer: unknown): Session {
  if (typeof answer !== "object" || answer === null) return NO_SESSION;
  const { user, expiresAt, anonymous, login } = answer as Record<string, unknown>;
  return {
    user: typeof user === "string" ? user : undefined,
    expiresAt: typeof expiresAt === "number" ? expiresAt : undefined,
    anonymous: anonymous !== false,
    login: login === true,
  };
}
