// GET /v1/models: each model as it is loaded, and what was measured of the machine that runs them.

export interface LoadedModel {
  readonly id: string;
  /** The part it plays. */
  readonly task: 'detect' | 'landmarks' | 'embed' | 'attributes' | 'classify' | 'objects';
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

/** A version of a model that lies in a folder. */
export interface ServedVersion {
  readonly version: string;
  /** `name@version` */
  readonly id: string;
  /** Null until it has come. */
  readonly task: 'classify' | 'objects' | null;
  /**
   * `open`: in memory · `closed`: opened when it is asked for · `failed`: it did not open, `reason` says why · `fetching`: it is coming,
   * `received_bytes` so far.
   */
  readonly state: 'open' | 'closed' | 'failed' | 'fetching';
  readonly reason?: string;
  readonly received_bytes?: number;
  /** Where it lies: in the folder that is mounted, or in the service's own, where those are that were fetched or given to it. */
  readonly place: 'folder' | 'own';
}

/** GET /v1/models/versions */
export interface ServedModelVersions {
  readonly name: string;
  /** The version that answers; null where there is none that could. */
  readonly in_use: string | null;
  /** Nobody chose a version: the highest is in use. */
  readonly follows_latest: boolean;
  /** What was in use before: where a rollback goes. */
  readonly previous: string | null;
  /** The version that is being tried, and its share of the streams, 0..1. */
  readonly canary: { readonly version: string; readonly share: number } | null;
  /** Newest first. */
  readonly versions: readonly ServedVersion[];
}

export interface ModelVersionsAnswer {
  readonly models: readonly ServedModelVersions[];
  /** What each stands for: a name, `name@version`, or another alias. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly memory: { readonly used_bytes: number; readonly limit_bytes: number };
}

export interface LaneSizes {
  readonly lanes: number;
  /** Threads within an operator, of each lane. */
  readonly threads: number;
  readonly preprocess_workers: number;
  readonly max_batch: number;
  /** How long frames may wait for a batch to fill, ms. */
  readonly fill_ms: number;
}

/** The measurement by which `auto` sizes were chosen. */
export interface MachineTuning {
  /** ISO 8601. */
  readonly measured_at: string;
  /** The processor, and how many of its cores are used. */
  readonly machine: string;
  readonly provider: string;
  readonly plan: LaneSizes;
  /** ms of a whole batch, by model, batch and threads, with so many lanes at the same time. */
  readonly models: readonly {
    readonly id: string;
    readonly runs: readonly { readonly batch: number; readonly threads: number; readonly lanes: number; readonly ms: number }[];
  }[];
  /** ms of decoding a 1280x720 JPEG to look at it, and for a glance. */
  readonly look_ms: number;
  readonly glance_ms: number;
  /** Streams of 25 frames a second, 1280x720, and p95 of their latency; that is null where it was calculated and not tried. */
  readonly sustained: {
    readonly followed: { readonly streams: number; readonly p95_ms: number | null };
    readonly every_face: { readonly streams: number; readonly p95_ms: number | null };
  };
}

export interface ModelsAnswer {
  readonly models: readonly LoadedModel[];
  /** Absent where the machine was not measured. */
  readonly tuning?: MachineTuning;
}
