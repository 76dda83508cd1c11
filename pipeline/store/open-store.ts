// Opening a store with what it holds: whatever is wrong with that is one line that tells what to do, and nothing stays open.
import { OnlookerError } from '../../protocol/errors.js';
import { RecordStore, type StoreKind } from './record-store.js';
import { DamagedRecordError } from './sealed-record.js';
import { StoreOpenError } from './store-open-error.js';

/**
 * @param load reads what the store holds, and makes of it who owns the store from then on
 * @throws StoreOpenError with one line that tells what is wrong and what to do
 */
export async function openStore<T>(dir: string, kind: StoreKind, load: (store: RecordStore) => T | Promise<T>): Promise<T> {
  const store = RecordStore.open(dir, kind);
  try {
    return await load(store);
  } catch (error) {
    await store.close();
    if (error instanceof DamagedRecordError) throw store.damaged(error.message);
    throw error instanceof OnlookerError ? new StoreOpenError(error.message, { cause: error }) : error;
  }
}
