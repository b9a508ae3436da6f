import { readFileSync } from "node:fs";

/** What a server and a load have open beside their connections. */
const SPARE_FILES = 200;

/** Says why so many connections cannot be open at a time, or undefined when they can. */
export function lackOfFiles(connections: number): string | undefined {
  const allowed = openFiles();
  if (connections + SPARE_FILES <= allowed) return undefined;
  return `${connections} connections need ${connections + SPARE_FILES} open files in each process, and \`ulimit -Hn\` allows ${allowed}`;
}

/** The hard limit: Node.js raises the soft one to it, for itself and for what it starts. */
function openFiles(): number {
  const limits = readFileSync("/proc/self/limits", "latin1");
  const [, hard = ""] = /^Max open files\s+\S+\s+(\S+)/m.exec(limits) ?? [];
  return hard === "unlimited" ? Number.POSITIVE_INFINITY : Number(hard);
}
