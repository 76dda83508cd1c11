// A model as it is loaded: an item of GET /v1/models.

export interface LoadedModel {
  readonly id: string;
  readonly task: 'detect' | 'landmarks' | 'embed';
  readonly family: string;
  readonly version: string;
  /** Of the file as published, lower-case hex. */
  readonly sha256: string;
  /** The execution provider that is really live. */
  readonly provider: string;
  readonly input: { readonly width: number; readonly height: number; readonly colour: string };
  /** Length of its embeddings, for an embedder. */
  readonly dim?: number;
  readonly licence: string;
  /** What a user must know before relying on it. */
  readonly licence_caveats: readonly string[];
  readonly load_ms: number;
  readonly warmup_ms: number;
}
