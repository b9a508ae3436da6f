/** The broker cannot be reached, or lets nobody in; `cause` is the error of the connection. */
export class BrokerFault extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}
