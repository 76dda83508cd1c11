// A service with keys: one of each role, made on the machine before it starts, as its owner would.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROLES, type Role } from '../../../protocol/access.js';
import { KeyStore } from '../../../server/access/keys/key-store.js';
import { rawRequest, type RawAnswer } from './raw-http.js';
import { startService, type RunningService } from './service.js';
import { upgradeStatus } from './socket.js';

export class KeyedService {
  constructor(
    readonly service: RunningService,
    readonly dataDir: string,
    readonly keys: Readonly<Record<Role, string>>,
  ) {}

  /** Ends it and takes its data away. */
  async stop(): Promise<void> {
    await this.service.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  get(path: string, headers: Readonly<Record<string, string>>): Promise<RawAnswer> {
    return rawRequest(this.service.port, { path, headers });
  }

  /** A request with a key, and JSON where it is given. */
  async ask(method: string, path: string, key: string, json?: object): Promise<{ status: number; json: unknown }> {
    const { status, body } = await rawRequest(this.service.port, {
      method,
      path,
      headers: { ...bearer(key), ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    return { status, json: body.startsWith('{') ? (JSON.parse(body) as unknown) : null };
  }

  async makeKey(fields: object): Promise<{ readonly id: string; readonly key: string }> {
    const { status, json } = await this.ask('POST', '/v1/keys', this.keys.admin, fields);
    if (status !== 201) throw new Error(`no key was made: ${status}`);
    return json as { id: string; key: string };
  }

  /** @returns the status with which a WebSocket is answered: 101 where it is opened */
  upgrade(headers: Readonly<Record<string, string>>, query = '', protocols: readonly string[] = []): Promise<number> {
    return upgradeStatus(`${this.service.wsUrl}${query}`, headers, protocols);
  }
}

export async function startKeyedService(env: Readonly<Record<string, string>> = {}): Promise<KeyedService> {
  const dataDir = await mkdtemp(join(tmpdir(), 'onlooker-keys-'));
  const keys = await makeKeys(dataDir);
  // Tests show more wrong keys than anybody should.
  const service = await startService({ ONLOOKER_DATA_DIR: dataDir, ONLOOKER_WRONG_KEYS_PER_MINUTE: '0', ...env });
  return new KeyedService(service, dataDir, keys);
}

/** One of each role, for a service that will be started on that data folder. */
export async function makeKeys(dataDir: string): Promise<Readonly<Record<Role, string>>> {
  const store = await KeyStore.open({ path: join(dataDir, 'keys.json') });
  const made: [Role, string][] = [];
  for (const role of ROLES) {
    const { key } = await store.add({ name: role, roles: [role], streams: ['*'], expires_at: null });
    made.push([role, key]);
  }
  await store.close();
  return Object.fromEntries(made) as Record<Role, string>;
}

export const bearer = (key: string): { readonly authorization: string } => ({ authorization: `Bearer ${key}` });
