// The key that benchmarks show a service, as clients take it: from the environment, which the processes that they start inherit.
import { makeKeys } from '../test/server/support/keyed-service.js';

const VARIABLE = 'ONLOOKER_KEY';

/** What every request and connection of a benchmark carries; nothing where no key is given. */
export function keyHeaders(): Readonly<Record<string, string>> {
  const key = process.env[VARIABLE];
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

/** Makes an administrator's key for a service that will be started on that data folder; from now on benchmarks show it. */
export async function showKeyOf(dataDir: string): Promise<void> {
  process.env[VARIABLE] = (await makeKeys(dataDir)).admin;
}
