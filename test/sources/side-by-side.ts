// Tests of cameras do little but wait for pictures, so they run side by side: what a test opens is its own, and closed at its end.
import { test as base } from 'vitest';
import { watch } from './watched.js';

export interface Own {
  /** Closed when the test ends, what came last first. @returns it */
  readonly owned: <T extends { close(): Promise<void> }>(thing: T) => T;
  /** As `watch` is, and closed when the test ends. */
  readonly watched: typeof watch;
}

export const test = base.extend<Own>({
  owned: async ({ onTestFinished }, use) => {
    await use((thing) => {
      onTestFinished(() => thing.close());
      return thing;
    });
  },
  watched: async ({ owned }, use) => {
    await use((...parameters) => {
      const watched = watch(...parameters);
      owned(watched.source);
      return watched;
    });
  },
});
