// What the store says about itself, checked before anything else is read: a gallery of a newer version or of another
// model must never be opened by mistake.
import { FACE_PREFIX, PERSON_PREFIX } from './gallery-load.js';
import { decodeMeta, encodeMeta, SCHEMA_VERSION, type GalleryModel, type StoreMeta } from './records.js';
import type { Change, RecordStore } from '../../../store/record-store.js';
import { schemaVersionOf } from '../../../store/sealed-record.js';
import { StoreOpenError } from '../../../store/store-open-error.js';

const META_KEY = 'meta';

export function metaChange(meta: StoreMeta): Change {
  return { key: META_KEY, value: encodeMeta(meta) };
}

export async function holdsAny(store: RecordStore, prefix: string): Promise<boolean> {
  for await (const _records of store.chunks(prefix)) return true;
  return false;
}

/**
 * Reads the store's meta record and begins a new store with one. A gallery without faces has nothing that another model
 * could be mixed with, and goes over to the present one.
 * @throws StoreOpenError, DamagedRecordError
 */
export async function openMeta(store: RecordStore, model: GalleryModel): Promise<StoreMeta> {
  const record = store.get(META_KEY);
  if (record === undefined) {
    if ((await holdsAny(store, PERSON_PREFIX)) || (await holdsAny(store, FACE_PREFIX))) {
      throw store.damaged('its meta record is missing');
    }
    return begin(store, { schema: SCHEMA_VERSION, model, gallery_version: 0, purge_pending: false });
  }
  const schema = schemaVersionOf(record);
  if (schema > SCHEMA_VERSION) throw store.newer(schema, SCHEMA_VERSION);
  // Whatever is written next is of this version.
  const meta = { ...decodeMeta(record), schema: SCHEMA_VERSION };
  if (meta.model.sha256 === model.sha256 && meta.model.dim === model.dim) return meta;
  if (!(await holdsAny(store, FACE_PREFIX))) return begin(store, { ...meta, model });
  throw new StoreOpenError(
    `The gallery in ${store.dir} was made with the model ${meta.model.id} (sha256 ${meta.model.sha256}, ${meta.model.dim} values), ` +
      `the service runs ${model.id} (sha256 ${model.sha256}, ${model.dim} values): run the pack it was made with, or name another data directory and enrol the people again.`,
  );
}

async function begin(store: RecordStore, meta: StoreMeta): Promise<StoreMeta> {
  await store.commit([metaChange(meta)]);
  return meta;
}
