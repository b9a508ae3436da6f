import { aclTest } from "./test.js";

export const aclCommands = [aclTest];
