// The service that a command talks to, with all that its options say: key, headers, trusted authority. Secrets are taken out
// of the environment once they are read, so that no child (ffmpeg) is given them.
import { serviceAddress } from '../address.js';
import { OnlookerClient, type ClientOptions } from '../client.js';
import { createHttpClient, type HttpClient } from '../http-client.js';
import type { Trusting } from '../node/trusting.js';
import { CommandError, UsageError } from '../terminal/failure.js';
import { firstLine } from '../terminal/first-line.js';
import { givenBytes, givenText } from '../terminal/given-file.js';
import type { ServiceFlags } from './flags.js';

export interface Service {
  http(signal?: AbortSignal): HttpClient;
  /** @throws as `OnlookerClient.connect` */
  connect(options: ClientOptions): Promise<OnlookerClient>;
}

const SECRET_VARIABLES = ['ONLOOKER_KEY', 'ONLOOKER_KEY_FILE', 'ONLOOKER_URL'] as const;
/** API keys and tokens. */
const LOOKS_LIKE_A_KEY = /^(onl_\w{8}_|eyJ)/;

/** @throws UsageError, CommandError for what cannot be, without telling the value */
export async function serviceOf(flags: ServiceFlags): Promise<Service> {
  try {
    serviceAddress(flags.url);
  } catch {
    throw new UsageError('--url must be an address such as http://127.0.0.1:8080');
  }
  const key = await keyOf(flags);
  const options = {
    ...(key === undefined ? {} : { key }),
    ...(flags.header === undefined ? {} : { headers: await headersOf(flags.header) }),
    ...(flags.ca === undefined ? {} : await trust(flags.ca)),
  };
  for (const name of SECRET_VARIABLES) Reflect.deleteProperty(process.env, name);
  return {
    http: (signal) => checked(() => createHttpClient(flags.url, { ...options, ...(signal ? { signal } : {}) })),
    connect: (more) => checked(() => OnlookerClient.connect(flags.url, { ...options, ...more })),
  };
}

/** What was said on the command line comes before the environment. */
async function keyOf({ key, keyFile }: ServiceFlags): Promise<string | undefined> {
  if (key !== undefined && keyFile !== undefined) throw new UsageError('give either --key or --key-file');
  if (key !== undefined) return notEmpty('--key', key === '-' ? await firstLine('key') : key);
  if (keyFile !== undefined) return keyIn(keyFile);
  const { ONLOOKER_KEY: given, ONLOOKER_KEY_FILE: file } = process.env;
  if (given !== undefined && given.trim() !== '') return given.trim();
  return file === undefined || file === '' ? undefined : keyIn(file);
}

async function keyIn(file: string): Promise<string> {
  // A key in the place of its file would be told as a file that is not there.
  if (LOOKS_LIKE_A_KEY.test(file)) {
    throw new UsageError('--key-file and ONLOOKER_KEY_FILE take the name of a file that holds the key, not the key itself');
  }
  const [first = ''] = (await givenText('the key', file)).split('\n');
  return notEmpty(file, first);
}

function notEmpty(where: string, text: string): string {
  if (text.trim() === '') throw new UsageError(`${where}: there is no key`);
  return text.trim();
}

async function headersOf(given: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const lines = await Promise.all(given.map(async (one) => (one.startsWith('@') ? linesOf(one.slice(1)) : [one])));
  const pairs = lines.flat().map((line) => {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new UsageError('--header must be "Name: value"');
    return [name, value.trim()] as const;
  });
  return Object.fromEntries(pairs);
}

async function linesOf(file: string): Promise<string[]> {
  return (await givenText('the headers', file)).split(/\r?\n/).filter((line) => line.trim() !== '');
}

async function trust(file: string): Promise<Trusting> {
  const certificates = await givenBytes('the certificate', file);
  // Loaded when it is needed: it takes longer to start than all the rest.
  const { trusting } = await import('../node/trusting.js');
  try {
    return trusting(certificates);
  } catch (error) {
    throw new CommandError(`${file}: ${(error as Error).message}`);
  }
}

/** What the library says about a key or a header is for the user. */
function checked<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
}
