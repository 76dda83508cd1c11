// Which messages make room for a new one. Pure.

/** More than these push out the oldest. */
const MOST = 4;

/**
 * The oldest, as many as are too many with one more. What can still be undone keeps its time: to push it out would make it
 * final. Those stand even where they are too many.
 */
export function pushedOut<Message extends { readonly id: number; readonly action?: unknown }>(
  shown: readonly Message[],
): readonly Message[] {
  const tooMany = Math.max(0, shown.length + 1 - MOST);
  return shown.filter(({ action }) => action === undefined).slice(0, tooMany);
}
