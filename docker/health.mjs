/* The container's health check: exit code 0 when the server says that it is ready. */

// Only this machine is asked, by an address that its certificate need not name.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";

const port = (process.env.CAUSEWAY_LISTEN_HTTP ?? "127.0.0.1:8080").replace(/^.*:/, "");

for (const scheme of ["http", "https"]) {
  try {
    const { ok } = await fetch(`${scheme}://127.0.0.1:${port}/readyz`, {
      signal: AbortSignal.timeout(4_000),
    });
    process.exit(ok ? 0 : 1);
  } catch {
    // With a certificate the listener speaks HTTPS alone.
  }
}
process.exit(1);
