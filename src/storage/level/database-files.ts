const FILES = /^(CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+|\d+\.(log|ldb|sst|dbtmp))$/;

export function isDatabaseFile(name: string): boolean {
  return FILES.test(name);
}

/** Whether a directory with files of these names holds a database, whole or not. */
export function holdsDatabase(names: readonly string[]): boolean {
  // A lock and a log of events alone are left by whoever tried to open a database that was never there.
  return names.some((name) => isDatabaseFile(name) && !name.startsWith("LO"));
}
