/* The container's health check: exit code 0 when the server says that it is ready. */
import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";

const port = (process.env.CAUSEWAY_LISTEN_HTTP ?? "127.0.0.1:8080").replace(/^.*:/, "");
// Only this machine is asked, by an address that its certificate need not name.
const target = { host: "127.0.0.1", port, path: "/readyz", timeout: 4_000, rejectUnauthorized: false };

// With a certificate the listener speaks HTTPS alone.
const ready = (await isReady(getPlain)) || (await isReady(getSecure));
process.exit(ready ? 0 : 1);

function isReady(get) {
  return new Promise((resolve) => {
    const request = get(target, (response) => resolve(response.statusCode === 200));
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
    request.on("close", () => resolve(false));
  });
}
