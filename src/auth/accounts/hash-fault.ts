/** A text is not the hash of a password that can be used. The message never holds any of it. */
export class HashFault extends Error {}
