import "../support/in-protobuf.js";
import "../recovery.test.js";
