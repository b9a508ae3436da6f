import { preact } from "@preact/preset-vite";
import { defineConfig } from "vite";

/** The broker that a page from Vite's own server talks to. */
const BROKER = "http://127.0.0.1:8080";

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the page also works below a path of a reverse proxy.
  base: "./",
  plugins: [preact({ devToolsEnabled: false, reactAliasesEnabled: false })],
  server: {
    proxy: {
      "/api": BROKER,
      "/login": BROKER,
      "/logout": BROKER,
      "/session": BROKER,
      "/connection": { target: BROKER, ws: true },
    },
  },
  build: {
    outDir: "../dist/dashboard",
    emptyOutDir: true,
    target: "es2022",
    // The page's policy is `script-src 'self'`, which a data: URL or an inline script would break.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
