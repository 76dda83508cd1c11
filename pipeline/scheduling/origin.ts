// Where work comes from, as far as the scheduler cares: it decides by this and by what work costs,
// whatever there is in the pictures.

export interface Origin {
  /** The same for all frames of one stream, an object of its own for a single image. */
  readonly source: object;
  /** Somebody waits for a single image (HTTP, enrolment): it goes before the streams. */
  readonly isInteractive: boolean;
  /** `performance.now()` by which the answer is to be out. */
  readonly deadlineMs: number;
  /**
   * `performance.now()` that decides its place among others; its deadline where not said. For a stream that is content with
   * later answers than most it is when theirs would be due: else others would go before it for ever.
   */
  readonly dueMs?: number;
}
