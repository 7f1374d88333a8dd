/** The preview page: Grafana's components over our dashboards. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  define: { 'process.env.NODE_ENV': '"production"', 'process.env': '{}' },
  resolve: {
    alias: [
      // CommonJS whose default export Vite does not find.
      {
        find: /^react-custom-scrollbars-2$/,
        replacement: fileURLToPath(new URL('app/scrollbars.ts', import.meta.url)),
      },
    ],
  },
  build: { outDir: 'dist', minify: false, chunkSizeWarningLimit: 20_000 },
})
