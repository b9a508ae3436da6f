import type { Rights } from "../access/rights.js";

/** Of a client that is about to be closed, since what let it in is gone. */
export const noRights: Rights = {
  mayPublish: () => false,
  readable: () => undefined,
  mayReceive: () => false,
  receiveQos: () => undefined,
  channel: () => false,
};
