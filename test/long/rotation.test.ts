import { test } from "node:test";
import { rotate } from "../ports/rotation.js";

test("a new certificate is in force without a restart, and 1,000 live connections stay", (t) =>
  rotate(t, 1_000));
