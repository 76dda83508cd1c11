// Versions of models that a service has in folders, over HTTP, as functions. For browsers and Node alike; no state of its own.
import type { ModelVersionsAnswer, ServedModelVersions } from '../protocol/models.js';
import { jsonOf, successful, type Requester } from './http-request.js';

/** Where a version is to be fetched from. */
export interface ModelSource {
  /** `https:`, `s3:` or `npm:`: a folder that ends in `/`, a model file with others beside it, or an archive. */
  readonly from: string;
  /** The folder or the model file within an archive. */
  readonly path?: string;
  /** `sha512-…` of an archive. */
  readonly integrity?: string;
  /** What is known of its files, by their names. */
  readonly files?: Readonly<Record<string, { readonly sha256?: string; readonly bytes?: number }>>;
}

export type { ModelVersionsAnswer, ServedModelVersions };

export function modelFunctions(request: Requester) {
  const path = (name: string, rest: string) => `/v1/models/${encodeURIComponent(name)}/${rest}`;
  const versionPath = (name: string, version: string) => path(name, `versions/${encodeURIComponent(version)}`);
  const changed = (address: string, json?: unknown) =>
    // A large model may take minutes to open.
    jsonOf<ServedModelVersions>(request(address, { method: 'POST', timeoutMs: 0, ...(json === undefined ? {} : { json }) }));
  return {
    /** All versions of models in folders, and which of them are in use. */
    versions: () => jsonOf<ModelVersionsAnswer>(request('/v1/models/versions')),
    /** Looks for new versions now. */
    rescan: () => jsonOf<ModelVersionsAnswer>(request('/v1/models/rescan', { method: 'POST', timeoutMs: 0 })),
    /** Resolves once the version answers. Rejects with `BAD_MODEL` where it does not open: what was in use stays. */
    use: (name: string, version: string) => changed(path(name, 'use'), { version }),
    rollback: (name: string) => changed(path(name, 'rollback')),
    /** Gives a share (0..1) of the streams to a version; 0 ends it. */
    tryOut: (name: string, version: string, share: number) => changed(path(name, 'canary'), { version, share }),
    setAlias: (alias: string, standsFor: string) =>
      jsonOf<ModelVersionsAnswer>(request('/v1/models/aliases', { method: 'POST', json: { alias, stands_for: standsFor } })),
    removeAlias: async (alias: string): Promise<void> =>
      void (await successful(await request(`/v1/models/aliases/${encodeURIComponent(alias)}`, { method: 'DELETE' }))),
    /** Gives the service one file of a version that it does not have; `finish` says that these are all. */
    give: async (name: string, version: string, file: string, content: Uint8Array | Blob): Promise<void> =>
      void (await successful(
        await request(`${versionPath(name, version)}/files/${encodeURIComponent(file)}`, {
          method: 'POST',
          bytes: content,
          timeoutMs: 0,
        }),
      )),
    /** Rejects with `BAD_MODEL` where it cannot be served: then single files can be given anew. */
    finish: (name: string, version: string) => changed(versionPath(name, version)),
    /** Begins to fetch; `versions` tells how far it has come. */
    pull: (name: string, version: string, source: ModelSource) =>
      jsonOf<ModelVersionsAnswer>(request(`${versionPath(name, version)}/pull`, { method: 'POST', json: source })),
    /** Takes a version away that was given or fetched. */
    remove: (name: string, version: string) =>
      jsonOf<ServedModelVersions>(request(versionPath(name, version), { method: 'DELETE', timeoutMs: 0 })),
  };
}
