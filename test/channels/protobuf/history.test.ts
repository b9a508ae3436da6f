import "../support/in-protobuf.js";
import "../history.test.js";
