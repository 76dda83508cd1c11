// Builds the browser client into one module, dist/web/client.js, and the worker beside it, which it finds by its own address.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at('.'),
  base: './',
  publicDir: false,
  worker: { format: 'es' },
  build: {
    outDir: at('../../dist/web'),
    // The console is there already.
    emptyOutDir: false,
    target: 'es2022',
    lib: { entry: at('browser.ts'), formats: ['es'], fileName: () => 'client.js' },
    rolldownOptions: { output: { codeSplitting: false, minify: true } },
  },
});
