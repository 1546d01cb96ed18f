import { defineConfig } from "vitest/config";

// What is built is embedded in the binary and served under a strict Content-Security-Policy: no inline script or style,
// nothing from elsewhere. Names carry a hash of the content, so that a node may let them be cached for ever.
export default defineConfig({
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // a data: address would need a hole in the policy
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    // `npm run dev` shows the data of the node at PERIGEE_NODE, or of mock/server.mjs.
    proxy: { "/api": { target: process.env["PERIGEE_NODE"] ?? "http://127.0.0.1:8099", changeOrigin: false } },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
