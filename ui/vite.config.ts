import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  // Tests mount components as a browser does, not as a server renders them.
  resolve: mode === "test" ? { conditions: ["browser"] } : {},
  clearScreen: false,
  server: {
    host: "127.0.0.1",
    port: 5183,
    strictPort: true,
    // A test reads the program's own source for the codes that need words.
    fs: mode === "test" ? { allow: [".."] } : {},
  },
  build: { target: "es2022", outDir: "dist", emptyOutDir: true, chunkSizeWarningLimit: 1200 },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts"],
    setupFiles: ["./test/setup.ts"],
    restoreMocks: true,
  },
}));
