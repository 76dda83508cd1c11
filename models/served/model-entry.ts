// What says where a version of a model is to be had.
import type { FetchOptions } from '../pack-files.js';

/** What is known of a file before it is fetched. */
export interface ExpectedFile {
  readonly sha256?: string | undefined;
  readonly bytes?: number | undefined;
}

/** A version of a model that lies elsewhere. */
export interface ModelEntry {
  readonly name: string;
  readonly version: string;
  /**
   * A folder (`https://…/`, `s3://bucket/prefix/`, `file:…`), a model file beside which the others lie (`https://…/plants.h5.gz`,
   * `s3://…`, `file:…`), or an archive (`npm:name@1.0.0`, `….tgz`).
   */
  readonly from: string;
  /** The folder or the model file within an archive. */
  readonly path?: string | undefined;
  /** `sha512-<base64>` of an archive as a whole. */
  readonly integrity?: string | undefined;
  /** By the names that the files have in a model's folder, such as `model.h5.gz`. Without it the hash of what comes is kept. */
  readonly files?: Readonly<Record<string, ExpectedFile>> | undefined;
  /** Where relative `file:` addresses start from. */
  readonly folder?: string;
}

export interface FetchModelOptions extends FetchOptions {
  /** Of a file whose size nobody says. Default 16 GiB. */
  readonly largestBytes?: number;
}
