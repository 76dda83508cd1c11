// The shape that pictures are given, such as `16:9`. Without schemas: the console reads it too, and fetches no checks of messages.

const MOST_ASPECT = 8;
const MAX_ASPECT_LENGTH = 24;

/** Width by height of a shape such as `16:9` or `2.39:1`; NaN for what is none. */
export function aspectRatio(aspect: string): number {
  const [, width, height] = /^(\d{1,4}(?:\.\d{1,4})?):(\d{1,4}(?:\.\d{1,4})?)$/.exec(aspect) ?? [];
  return Number(width) / Number(height);
}

/** Whether it is a shape that pictures can be given. */
export function isAspect(aspect: string): boolean {
  const ratio = aspect.length <= MAX_ASPECT_LENGTH ? aspectRatio(aspect) : NaN;
  return ratio >= 1 / MOST_ASPECT && ratio <= MOST_ASPECT;
}
