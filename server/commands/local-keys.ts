// The keys in the data folder of this machine, for its owner: also while a service runs on it, which sees the change within a second.
import { join } from 'node:path';
import { newKeySchema, type CreatedKey, type KeyRecord, type NewKey } from '../../protocol/keys.js';
import { KEYS_FILE } from '../access/access.js';
import { KeyStore } from '../access/keys/key-store.js';
import { loadConfig } from '../config.js';
import { validated } from '../../protocol/validated.js';

export interface LocalKeys {
  readonly file: string;
  list(): Promise<readonly KeyRecord[]>;
  add(key: NewKey): Promise<CreatedKey>;
  revoke(id: string): Promise<void>;
  close(): Promise<void>;
}

/** @throws ConfigError, StartError */
export async function openLocalKeys(): Promise<LocalKeys> {
  const { settings } = loadConfig();
  const file = join(settings.dataDir, KEYS_FILE);
  const store = await KeyStore.open({ path: file });
  return {
    file,
    list: () => Promise.resolve(store.list()),
    add: async (key) => store.add(validated(newKeySchema, key)),
    revoke: (id) => store.revoke(id),
    close: () => store.close(),
  };
}
