import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // uWebSockets.js and onnxruntime abort a process whose threads end while they are at work: real processes, not threads.
    pool: 'forks',
    globalSetup: ['test/global-setup.ts'],
    // Some start a service three times, on a machine that does other things too.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // What is waited for comes at once; a second, as it is by default, may be over before a busy machine has looked.
    expect: { poll: { timeout: 30_000 } },
    // Every file may start services of its own. Tests wait for half of their time, for cameras, backoffs and idle limits: a third
    // one at once uses that on two cores.
    maxWorkers: 3,
  },
});
