// What a page holds, after what it does not need any more was thrown away.
import type { Page } from 'playwright-core';

export async function memoryOf(page: Page): Promise<{ readonly heapMiB: number; readonly nodes: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  await session.detach();
  const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? NaN;
  return { heapMiB: metric('JSHeapUsedSize') / 2 ** 20, nodes: metric('Nodes') };
}
