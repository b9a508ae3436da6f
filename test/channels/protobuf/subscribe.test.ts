import "../support/in-protobuf.js";
import "../subscribe.test.js";
