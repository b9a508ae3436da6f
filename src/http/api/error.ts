/** Why a request is not answered as it was asked: an HTTP status, and words for the person who reads them. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: ErrorBody;

  /** `code` is the channel protocol's, when the fault has one. */
  constructor(status: number, message: string, code?: number) {
    super(message);
    this.status = status;
    this.body = code === undefined ? { error: message } : { error: message, code };
  }
}

/** The body of every answer that is an error. */
export interface ErrorBody {
  readonly error: string;
  readonly code?: number;
}

/** A fault as the channel protocol has them; whoever serves channels throws those. */
interface ProtocolFault extends Error {
  readonly code: number;
  readonly temporary: boolean;
}

/** What the errors of the channel protocol are in HTTP; those that are not here are the server's own. */
const STATUS_OF_CODE: ReadonlyMap<number, number> = new Map([
  [100, 503], // it may succeed later
  [102, 404],
  [103, 403],
  [105, 409],
  [106, 429],
  [107, 400],
  [108, 409],
  [111, 429],
  [112, 409],
]);

/** What the client is told, or undefined when the error is nobody's but ours. */
export function toApiError(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (!(error instanceof Error)) return undefined;
  if (isProtocolFault(error))
    return new ApiError(STATUS_OF_CODE.get(error.code) ?? 500, error.message, error.code);
  return ofFramework(error);
}

function isProtocolFault(error: Error): error is ProtocolFault {
  return "temporary" in error && "code" in error && typeof error.code === "number";
}

/** The HTTP server's own refusals, which have a status and a name. */
function ofFramework(error: Error): ApiError | undefined {
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode === undefined || statusCode < 400 || statusCode > 499) return undefined;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return new ApiError(413, "the body is too large: api.maxBodySize is the most");
  if (statusCode === 415) return notJson();
  return new ApiError(statusCode, error.message);
}

export function notJson(): ApiError {
  return new ApiError(415, "the body must be JSON: send it with Content-Type: application/json");
}
