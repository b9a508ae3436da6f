import { storeBackup } from "./backup.js";
import { storeCheck } from "./check.js";
import { storeExport } from "./export.js";
import { storeImport } from "./import.js";
import { storeRepair } from "./repair.js";
import { storeStats } from "./stats.js";

export const storeCommands = [storeCheck, storeRepair, storeStats, storeExport, storeImport, storeBackup];
