import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    // A polyfill or an inlined asset would be an inline script or a data: URL that our policy forbids.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
});
