// Frames in, results out, in order: the loop that everybody who sends files or a video would otherwise write.
// Must never hold more frames than there are credits, nor lose the place of a frame whose answer was lost.

/** One frame to send; whatever else it holds (a file name, a position) comes back with its answer. */
export interface FrameInput {
  readonly image: Uint8Array;
  readonly ts?: number;
  readonly seq?: number;
}

/** A frame with what became of it: its result, or why there is none. */
export type Answer<Input, Result> =
  | { readonly input: Input; readonly result: Result; readonly error?: undefined }
  | { readonly input: Input; readonly error: Error; readonly result?: undefined };

/**
 * Sends `frames` one after another and yields the answers in the same order.
 *
 * @param ready resolves when another frame may be sent; nothing is taken from `frames` before
 * @throws what `frames` or `ready` throws, after the answers of the frames already sent
 */
export async function* answersInOrder<Input extends FrameInput, Result>(
  frames: AsyncIterable<Input> | Iterable<Input>,
  send: (frame: Input) => Promise<Result>,
  ready: (signal: AbortSignal) => Promise<void>,
): AsyncGenerator<Answer<Input, Result>> {
  const iterator = Symbol.asyncIterator in frames ? frames[Symbol.asyncIterator]() : frames[Symbol.iterator]();
  const sent: Promise<Answer<Input, Result>>[] = [];
  const left = new AbortController();
  let isFinished = false;
  let sending: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;

  /** Sends the next frame when one may be sent. */
  const sendNext = async (): Promise<void> => {
    try {
      await ready(left.signal);
      const next = await iterator.next();
      if (next.done) {
        isFinished = true;
        return;
      }
      const input = next.value;
      sent.push(
        send(input).then(
          (result) => ({ input, result }),
          (error: unknown) => ({ input, error: error instanceof Error ? error : new Error(String(error)) }),
        ),
      );
    } catch (error) {
      isFinished = true;
      failure = { error };
    } finally {
      sending = undefined;
    }
  };

  try {
    while (!isFinished || sent.length > 0) {
      // Both go on at once: the oldest answer may come before the source has another frame, and the other way round.
      if (!isFinished && !sending) sending = sendNext();
      const oldest = sent[0];
      const answered = await Promise.race([...(oldest ? [oldest] : []), ...(sending ? [sending] : [])]);
      if (answered && oldest) {
        void sent.shift();
        yield answered;
      }
    }
    if (failure) throw failure.error;
  } finally {
    left.abort();
    await iterator.return?.();
  }
}
