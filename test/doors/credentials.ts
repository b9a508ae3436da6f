import { SignJWT, UnsecuredJWT } from "jose";
import { AUDIENCE, CLIENT, ISSUER, PASSWORD, type Place, readIn, SECRET } from "./place.js";

/** What somebody brings. */
export interface Brought {
  readonly password?: readonly [user: string, password: string];
  /** Without a password. */
  readonly name?: string;
  readonly token?: string;
  readonly key?: string;
  readonly certificate?: { readonly certificate: string; readonly key: string };
}

/** Who it must be taken for: a user, a server without a user, or nobody: it must be refused. */
export type Taken = { readonly user: string } | "server" | "refused";

/** What a credential is carried as; not every door has a place for each. */
export type Form = "nothing" | "password" | "token" | "key" | "certificate";

export interface Credential {
  readonly name: string;
  readonly form: Form;
  readonly bring: (place: Place) => Promise<Brought> | Brought;
  readonly taken: Taken;
  /** Doors where that is different, as where a key has not the scope. */
  readonly except?: Readonly<Record<string, Taken>>;
}

type Formless = Omit<Credential, "form">;

const alice = { user: "alice" } as const;

const now = () => Math.floor(Date.now() / 1_000);

/** A token that is good, but for what `change` says. */
function jwt(change: Record<string, unknown> = {}): SignJWT {
  const claims = { sub: "alice", aud: AUDIENCE, iss: ISSUER, exp: now() + 600, device: CLIENT, ...change };
  return new SignJWT(Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)));
}

function hs256(change: Record<string, unknown> = {}, secret = SECRET): Promise<string> {
  return jwt(change).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret));
}

const tokens: Formless[] = [
  { name: "a token, HS256", bring: async () => ({ token: await hs256() }), taken: alice },
  {
    name: "a token, RS256",
    bring: async ({ tokenKey }) => ({
      token: await jwt().setProtectedHeader({ alg: "RS256" }).sign(tokenKey),
    }),
    taken: alice,
  },
  {
    name: "a token of another secret",
    bring: async () => ({ token: await hs256({}, "another secret of as many characters 0123456789") }),
    taken: "refused",
  },
  {
    name: "a token that has expired",
    bring: async () => ({ token: await hs256({ exp: now() - 5 }) }),
    taken: "refused",
  },
  {
    name: "a token without an end",
    bring: async () => ({ token: await hs256({ exp: undefined }) }),
    taken: "refused",
  },
  {
    name: "a token that is not valid yet",
    bring: async () => ({ token: await hs256({ nbf: now() + 600 }) }),
    taken: "refused",
  },
  {
    name: "a token for another audience",
    bring: async () => ({ token: await hs256({ aud: "elsewhere" }) }),
    taken: "refused",
  },
  {
    name: "a token of another issuer",
    bring: async () => ({ token: await hs256({ iss: "https://evil.example" }) }),
    taken: "refused",
  },
  {
    name: "a token with alg: none",
    bring: () => ({
      token: new UnsecuredJWT({ sub: "alice", aud: AUDIENCE, iss: ISSUER, exp: now() + 600 }).encode(),
    }),
    taken: "refused",
  },
  {
    name: "a token signed with the public key as if it were a secret",
    bring: async ({ tokenKeyFile }) => ({ token: await hs256({}, tokenKeyFile) }),
    taken: "refused",
  },
  {
    name: "a token whose claims were changed after it was signed",
    bring: async () => {
      const [header, , signature] = (await hs256()).split(".");
      const claims = { sub: "witness", aud: AUDIENCE, iss: ISSUER, exp: now() + 600 };
      return { token: `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}` };
    },
    taken: "refused",
  },
  {
    name: "a token that is too large",
    bring: async () => ({ token: await hs256({ filler: "x".repeat(9_000) }) }),
    taken: "refused",
  },
  {
    name: "a subscription token in place of a connection token",
    bring: async () => ({ token: await hs256({ channel: "mqtt:open/1" }) }),
    taken: "refused",
    except: { "/v3": "refused" },
  },
  {
    name: "a token for the user __proto__",
    bring: async () => ({ token: await hs256({ sub: "__proto__" }) }),
    taken: { user: "__proto__" },
  },
];

const passwords: Formless[] = [
  { name: "the right password", bring: () => ({ password: ["alice", PASSWORD] }), taken: alice },
  {
    name: "a wrong password",
    bring: () => ({ password: ["alice", "correct horse battery stable"] }),
    taken: "refused",
  },
  { name: "an empty password", bring: () => ({ password: ["alice", ""] }), taken: "refused" },
  { name: "another's name", bring: () => ({ password: ["carol", PASSWORD] }), taken: "refused" },
  { name: "no name", bring: () => ({ password: ["", PASSWORD] }), taken: "refused" },
  {
    name: "the stored hash as the password",
    bring: async (place) => {
      const [, hash = ""] = /^alice:(.*)$/m.exec(await readIn(place, "accounts")) ?? [];
      return { password: ["alice", hash] };
    },
    taken: "refused",
  },
  {
    name: "a password of 9,000 characters",
    bring: () => ({ password: ["alice", PASSWORD + "x".repeat(9_000)] }),
    taken: "refused",
  },
  {
    name: "a token that has expired, with the name of an account",
    bring: async () => ({ password: ["alice", await hs256({ exp: now() - 5 })] }),
    taken: "refused",
  },
  {
    name: "a key that nobody made, with the name of an account",
    bring: () => ({ password: ["alice", `cwk_${"A".repeat(43)}`] }),
    taken: "refused",
  },
  {
    name: "the password of the user __proto__",
    bring: () => ({ password: ["__proto__", PASSWORD] }),
    taken: { user: "__proto__" },
  },
  {
    name: "a name that every object has",
    bring: () => ({ password: ["toString", PASSWORD] }),
    taken: "refused",
  },
];

const key = (name: string) => (place: Place) => ({ key: place.keys[name] ?? "" });

const apiKeys: Formless[] = [
  { name: "a server's key", bring: key("server"), taken: "server" },
  { name: "a key that stands for a user", bring: key("alices"), taken: alice },
  { name: "a key for metrics only", bring: key("collector"), taken: "refused" },
  { name: "a key that has ended", bring: key("ended"), taken: "refused" },
  { name: "a key that nobody made", bring: () => ({ key: `cwk_${"A".repeat(43)}` }), taken: "refused" },
];

const certificates: Formless[] = [
  {
    name: "a certificate",
    bring: ({ clients }) => ({ certificate: clients.issue("alice") }),
    taken: alice,
  },
  {
    name: "a certificate of another authority",
    bring: ({ foreign }) => ({ certificate: foreign.issue("alice") }),
    taken: "refused",
  },
  {
    name: "a certificate that has expired",
    bring: ({ clients }) => ({ certificate: clients.issue("alice", { days: -1 }) }),
    taken: "refused",
  },
  {
    name: "a certificate that was revoked",
    bring: async (place) => ({
      certificate: {
        certificate: await readIn(place, "revoked-client.pem"),
        key: await readIn(place, "revoked-client.key"),
      },
    }),
    taken: "refused",
  },
  {
    name: "a certificate that was revoked, beside the right password",
    bring: async (place) => ({
      password: ["alice", PASSWORD],
      certificate: {
        certificate: await readIn(place, "revoked-client.pem"),
        key: await readIn(place, "revoked-client.key"),
      },
    }),
    taken: "refused",
  },
  {
    name: "a certificate beside a wrong password",
    bring: ({ clients }) => ({ certificate: clients.issue("alice"), password: ["alice", "wrong"] }),
    taken: "refused",
  },
  {
    name: "a certificate beside a token of another secret",
    bring: async ({ clients }) => ({
      certificate: clients.issue("alice"),
      token: await hs256({}, "another secret of as many characters 0123456789"),
    }),
    taken: "refused",
  },
  {
    name: "a certificate beside a key that nobody made",
    bring: ({ clients }) => ({ certificate: clients.issue("alice"), key: `cwk_${"A".repeat(43)}` }),
    taken: "refused",
  },
  {
    name: "another's certificate beside the right password",
    bring: ({ clients }) => ({ certificate: clients.issue("bob"), password: ["alice", PASSWORD] }),
    taken: alice,
  },
  {
    name: "another's name beside a certificate",
    bring: ({ clients }) => ({ certificate: clients.issue("alice"), name: "bob" }),
    taken: alice,
  },
  {
    name: "a certificate without a name",
    bring: ({ clients }) => ({ certificate: clients.issue("") }),
    taken: "refused",
  },
];

const as = (form: Form, those: readonly Formless[]): Credential[] =>
  those.map((credential) => ({ ...credential, form }));

export const credentials: readonly Credential[] = [
  { name: "nothing", form: "nothing", bring: () => ({}), taken: "refused" },
  ...as("password", passwords),
  ...as("token", tokens),
  ...as("key", apiKeys),
  ...as("certificate", certificates),
];
