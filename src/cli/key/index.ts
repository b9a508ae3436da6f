import { keyAdd } from "./add.js";
import { keyList } from "./list.js";
import { keyRemove } from "./remove.js";

export const keyCommands = [keyAdd, keyList, keyRemove];
