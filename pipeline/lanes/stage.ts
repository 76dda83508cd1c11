// A stage is one kind of work that lanes do in batches across streams, such as looking for faces in frames. A task names its
// stages; the scheduler knows no more of them than stands here, and nothing of what their items are.

/** `I` is what an item is, `A` what is answered for each: the scheduler hands both on as they are. */
export interface Stage<I = unknown, A = unknown> {
  /** Whose module does it in a lane's thread. */
  readonly task: string;
  /** Unique within its task; also what metrics call it. */
  readonly name: string;
  /**
   * How far on in a frame's way it is, the first being 0: frames hold memory until they are done, so of equals what is farther on
   * goes first.
   */
  readonly depth: number;
  /**
   * Whether a stream leaves half of a batch to others. Not for stages whose items belong to one frame: it is done when the last
   * of them is.
   */
  readonly isShared: boolean;
  /** Never there: it ties the types together. */
  readonly types?: (item: I) => A;
}

/** A key of its own for each stage. */
export const keyOf = ({ task, name }: Pick<Stage, 'task' | 'name'>): string => `${task}/${name}`;

/** All items of one frame to a micro-batch across streams, and back in their order. @throws LaneError, NoLaneError */
export type StageCall = <I, A>(stage: Stage<I, A>, items: readonly I[]) => Promise<readonly A[]>;
