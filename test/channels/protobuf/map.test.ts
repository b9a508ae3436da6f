import "../support/in-protobuf.js";
import "../map.test.js";
