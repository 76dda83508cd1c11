// A source that does not wait, such as a camera: whoever is slow gets its newest item, and those between are passed over.

/** Takes all of `source` as it comes; yields the newest item when asked and tells of each that was passed over. */
export async function* newestOf<Item>(source: AsyncIterable<Item>, onSkipped: () => void): AsyncGenerator<Item> {
  let newest: { readonly item: Item } | undefined;
  let isOver = false;
  let isLeft = false;
  let wake: () => void = () => undefined;
  const reading = (async () => {
    try {
      for await (const item of source) {
        if (isLeft) return;
        if (newest) onSkipped();
        newest = { item };
        wake();
      }
    } finally {
      isOver = true;
      wake();
    }
  })();
  // Whoever iterates hears of a failure below; one who has left does not.
  reading.catch(() => undefined);
  try {
    for (;;) {
      if (newest) {
        const { item } = newest;
        newest = undefined;
        yield item;
      } else if (isOver) {
        await reading;
        return;
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    isLeft = true;
  }
}
