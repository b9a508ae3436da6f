import { encoding } from "./encoding.js";

/*
 * The channel protocol is the same in both encodings, and so are its tests: a file that imports this one, and then others, runs them with
 * clients that speak Protobuf.
 */
encoding.protobuf = true;
