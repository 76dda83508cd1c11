import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // uWebSockets.js and onnxruntime abort a process whose threads end while they are at work: real processes, not threads.
    pool: 'forks',
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Every file may start services of its own; two at once is what a small machine carries without timing out.
    maxWorkers: 2,
  },
});
