import type { FastifyReply } from "fastify";
import type { ApiError } from "./error.js";

/** Answers with an error. */
export function refuse(reply: FastifyReply, error: ApiError): FastifyReply {
  // Not Basic, though it is taken: a browser would ask for a password, and send it from then on whoever has it sent.
  if (error.status === 401) reply.header("www-authenticate", 'Bearer realm="causeway"');
  if (error.status === 429) reply.header("retry-after", "1");
  return reply.code(error.status).send(error.body);
}
