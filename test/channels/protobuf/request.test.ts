import "../support/in-protobuf.js";
import "../request.test.js";
