import "../support/in-protobuf.js";
import "../publish.test.js";
