import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    // A polyfill or an inlined asset would be an inline script or a data: URL that our policy forbids.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: {
    // `npx vite dashboards/live` beside a running pipeline: files from here, data from there.
    proxy: { "/live": { target: "ws://127.0.0.1:8080", ws: true } },
  },
});
