import "../support/in-protobuf.js";
import "../persist.test.js";
