import { z } from "zod";
import type { Rights } from "../../access/rights.js";
import type { Scope } from "../../access/scope.js";
import type { ApiError } from "./error.js";

export type Method = "GET" | "POST" | "DELETE";

/** An operation as the description tells it. Its schemas judge requests too, so that neither can be wrong alone. */
export interface Description {
  /** Its name: in the description, in metrics and in the log. */
  readonly id: string;
  readonly method: Method;
  readonly path: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly answer: z.ZodType;
  /** Of the answer; JSON when it is absent. */
  readonly mediaType?: string;
  readonly example: Example;
  /** What an error status means here, where it says more than it always does. */
  readonly errors?: Readonly<Record<number, string>>;
  /** The body of errors, where it is not that of all others. */
  readonly failure?: z.ZodType;
  /** Answered without a credential. */
  readonly open?: boolean;
  /** What a credential must be good for; without it any will do. */
  readonly scope?: Scope;
}

/** One request and its answer, which the schemas accept. */
export interface Example {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly answer: unknown;
}

export const tags = {
  publish: "Messages to topics and channels.",
  channels: "Channels and what they hold.",
  clients: "Who is connected: MQTT clients, and sessions of the channel protocol.",
  users:
    "All sessions of a user at once. Bare WebSockets (`/v3`) are disconnected with them, and left alone by the others.",
  retained: "Retained messages.",
  server: "The server itself.",
} as const;

export type Tag = keyof typeof tags;

/** A request whose parts the schemas have accepted. */
export interface Input<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The body as the client wrote it: JSON. */
  readonly text: string;
}

/** What an operation needs besides the parts. */
export interface Context {
  /** What the caller may do with topics and channels; undefined: everything. */
  readonly rights: Rights | undefined;
  /** Rejects when it takes longer than a request may wait. */
  within<Result>(promise: Promise<Result>): Promise<Result>;
  /** What the client is told of an error; one that is ours is logged. */
  failed(error: unknown): ApiError;
  /** Does what the operation of this name does, with a line of its own in the log. */
  run(id: string, input: Input): Promise<unknown>;
}

/** What the server does when it is asked. `Parts` are those of the server that it works on. */
export interface Operation<Parts = never> extends Description {
  readonly handle: (parts: Parts, input: Input, context: Context) => Promise<unknown>;
  /** What the log says was changed, never with payloads. Absent for what only reads. */
  readonly changes?: (input: Input, answer: unknown) => object;
  /** It is asked so often that the log is spared some of its lines. */
  readonly frequent?: boolean;
  /** It bounds its own time. */
  readonly timed?: boolean;
}

type Empty = z.ZodObject<Record<never, never>>;

interface Definition<
  Parts,
  Answer extends z.ZodType,
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodObject,
> extends Omit<Operation, "handle" | "changes"> {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer: Answer;
  readonly handle: (
    parts: Parts,
    input: Input<z.output<Params>, z.output<Query>, z.output<Body>>,
    context: Context,
  ) => Promise<z.input<Answer>>;
  readonly changes?: (
    input: Input<z.output<Params>, z.output<Query>, z.output<Body>>,
    answer: z.input<Answer>,
  ) => object;
}

/** Has the compiler hold what an operation does against what it says. */
export function operation<
  Parts,
  Answer extends z.ZodType,
  Params extends z.ZodObject = Empty,
  Query extends z.ZodObject = Empty,
  Body extends z.ZodObject = Empty,
>(
  definition: Definition<Parts, Answer, Params, Query, Body>,
): Operation<Parts> & { readonly answer: Answer } {
  return definition as unknown as Operation<Parts> & { readonly answer: Answer };
}

/** For the parts of a request that an operation does not have: any key in them is one too many. */
export const nothing = z.strictObject({});
