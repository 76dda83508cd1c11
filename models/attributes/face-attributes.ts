// What networks take a face for beside who it is: guesses, none of which is a fact about anybody.

/** What there is to be told, by the names that packs and clients give it. */
export const ATTRIBUTES = ['age', 'gender', 'expression', 'pose', 'liveness_score'] as const;
export type AttributeName = (typeof ATTRIBUTES)[number];

/** In the order of FER-2013. */
export const EXPRESSIONS = ['angry', 'disgusted', 'afraid', 'happy', 'sad', 'surprised', 'neutral'] as const;

export interface FaceAttributes {
  /** Years. */
  readonly age?: number;
  /** `score`: 0.5..1 */
  readonly gender?: { readonly label: 'man' | 'woman'; readonly score: number };
  readonly expression?: { readonly label: (typeof EXPRESSIONS)[number]; readonly score: number };
  /** Degrees; 0, 0, 0 looks into the camera with upright eyes. */
  readonly pose?: { readonly yaw: number; readonly pitch: number; readonly roll: number };
  /** 0..1, how much it looks like a face before the camera and not like a picture of one. */
  readonly liveness_score?: number;
}
