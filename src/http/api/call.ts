import type { Logger } from "pino";
import type { Rights } from "../../access/rights.js";
import type { LimitedLog } from "../../log/limited.js";
import type { Access, Caller } from "./access.js";
import { rightsOf } from "./caller-rights.js";
import { shorten } from "./delivery.js";
import { ApiError, toApiError } from "./error.js";
import type { Context, Input, Operation } from "./operation.js";
import type { ApiParts, CallParts } from "./parts.js";

/** What all calls of a server share. */
export interface CallContext {
  readonly access: Access;
  readonly parts: ApiParts;
  /** Milliseconds that a call may wait for the rest of the server, as for a store that cannot write. */
  readonly timeout: number;
  /** By their names. */
  readonly operations: ReadonlyMap<string, Operation<CallParts>>;
  readonly log: Logger;
  readonly limitedLog: LimitedLog;
}

/** One call of an operation, and of those that it calls in turn. */
export class Call implements Context {
  readonly #context: CallContext;
  readonly #caller: Caller;
  readonly #parts: CallParts;
  readonly rights: Rights | undefined;

  constructor(context: CallContext, caller: Caller) {
    this.#context = context;
    this.#caller = caller;
    this.#parts = { ...context.parts, topics: context.parts.topics() };
    this.rights = rightsOf(caller, context.parts.channels);
  }

  /** For the log: what the caller was let in by, and where it is. */
  get #who(): object {
    const { remote, principal } = this.#caller;
    if (!principal) return { remote };
    const { user, proof, credential = proof } = principal;
    return { remote, by: user === "" ? credential : `${user} (${credential})` };
  }

  async run(id: string, input: Input): Promise<unknown> {
    const operation = this.#context.operations.get(id);
    if (!operation) throw new ApiError(404, `this server has no ${id}`);
    this.#context.access.check(this.#caller, operation);
    const work = operation.handle(this.#parts, input, this);
    const answer = await (operation.timed ? work : this.within(work));
    if (operation.changes) this.#tell(operation, operation.changes(input, answer));
    if (operation.scope === "manage")
      this.#context.access.changed(this.#caller, requestLine(operation, input));
    return answer;
  }

  async within<Result>(promise: Promise<Result>): Promise<Result> {
    const { timeout } = this.#context;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `not done within ${timeout} ms, and it may still be; the server's log says what it waits for`;
      timer = setTimeout(() => reject(new ApiError(503, message)), timeout);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  failed(error: unknown): ApiError {
    const known = toApiError(error);
    const { limitedLog } = this.#context;
    if (known?.status === 401 || known?.status === 403)
      limitedLog.warn("an API request was refused", { ...this.#who, reason: known.message });
    else if (known && known.status < 500) return known;
    else if (known) limitedLog.warn("an API request failed", { ...this.#who, reason: known.message });
    else limitedLog.error("an API request failed for a fault of the server", { ...this.#who, err: error });
    return known ?? new ApiError(500, "a fault of the server; its log has the cause");
  }

  #tell({ id, frequent }: Operation, changes: object): void {
    const { log, limitedLog } = this.#context;
    const line = { operation: id, ...changes, ...this.#who };
    if (frequent) limitedLog.info("published through the API", line);
    else log.info(line, "changed through the API");
  }
}

/** What was asked for, as it stands in the request line. */
function requestLine({ method, path }: Operation, { params }: Input): string {
  const given = (params ?? {}) as Readonly<Record<string, string>>;
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(shorten(given[name] ?? "")),
  );
  return `${method} ${filled}`;
}
