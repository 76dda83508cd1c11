// What a stream shows by its last frames: classifiers waver between neighbours, and whoever is told wants to know what changed. The
// decision is that of nearly all of the last frames, and stays where they do not agree. Pure: its clock is the caller's.

const ASKED_FRAMES = 5;
/** Of them so many have to agree: with a mere majority, one that wavers from frame to frame would change the decision with each. */
const LEAST_SHARE = 4 / 5;
/** Older ones say nothing of now, however few there are. */
const LONGEST_MS = 10_000;

interface Vote {
  readonly atMs: number;
  readonly label: string | null;
}

export class SettledClass {
  #votes: Vote[] = [];
  #label: string | null = null;

  /** Null before anything was settled, and where it is settled that no class is sure enough. */
  get label(): string | null {
    return this.#label;
  }

  /**
   * A frame's own decision.
   * @param label null where none of its classes was believed
   * @returns whether the stream's decision has changed
   */
  note(label: string | null, atMs: number): boolean {
    this.#votes = [...this.#votes.filter((vote) => atMs - vote.atMs <= LONGEST_MS), { atMs, label }].slice(-ASKED_FRAMES);
    const count = this.#votes.filter((vote) => vote.label === label).length;
    // At the beginning, and where frames are seconds apart, there are fewer to ask.
    if (count < LEAST_SHARE * this.#votes.length || label === this.#label) return false;
    this.#label = label;
    return true;
  }
}
