import "../support/in-protobuf.js";
import "../snapshot.test.js";
