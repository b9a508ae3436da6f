const parent = process.ppid;

/**
 * Calls back when the process that started this one is gone: told to stop, npm ends the shell that it started and
 * leaves running what the shell runs. Returns what ends the watch. Outside npm there is nothing to watch.
 */
export function onOrphaned(callback) {
  if (!process.env.npm_lifecycle_event) return () => {};
  const watch = setInterval(() => process.ppid !== parent && callback(), 500);
  return () => clearInterval(watch);
}
