/** Has work done once a turn, however often it is asked for in it: within one the sockets of many clients are read. */
export function onceATurn(work: () => void): () => void {
  let isQueued = false;
  return () => {
    if (isQueued) return;
    isQueued = true;
    setImmediate(() => {
      isQueued = false;
      work();
    });
  };
}
