/** What the clients of a test process speak to the channel protocol. */
export const encoding = { protobuf: false };
