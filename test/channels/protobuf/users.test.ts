import "../support/in-protobuf.js";
import "../users.test.js";
