// What HTTP tells of the gallery: people, their faces, and what an import did.
import type { Box } from './payloads.js';

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly external_id: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Unix ms. */
  readonly created_at: number;
  readonly updated_at: number;
  /** How many faces are enrolled. */
  readonly faces: number;
  /** Id of the best face of which a picture is kept; absent where there is none. */
  readonly picture?: string;
  /** Ids of people who resemble this one and were declared to be others; absent where there are none. */
  readonly twins?: readonly string[];
}

export interface FaceRecord {
  readonly id: string;
  /** Id of the person. */
  readonly person: string;
  /** 0..1, as it was when it was enrolled. */
  readonly quality: number;
  /** Where it was in the enrolled image. */
  readonly box: Box;
  /** Unix ms. */
  readonly created_at: number;
  /** A picture of it is kept; absent where there is none. */
  readonly picture?: true;
}

/** GET /v1/people/lookalikes */
export interface LookalikesAnswer {
  /** Most similar first. */
  readonly pairs: readonly {
    readonly people: readonly [Person, Person];
    /** Cosine of their most similar faces that were found. */
    readonly similarity: number;
  }[];
  /** Least similarity of a pair: that at which a face is given a name. */
  readonly level: number;
  /** False where the gallery is too large to look at every face. */
  readonly complete: boolean;
  readonly gallery_version: number;
}

export interface ImportReport {
  readonly added: number;
  readonly replaced: number;
  /** Ids that were there already and are kept as they were: the first 10,000. */
  readonly kept: readonly string[];
  /** How many more were kept; absent where `kept` names all. */
  readonly kept_more?: number;
  readonly faces: number;
}
