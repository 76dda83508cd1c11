// The configuration: where values come from, and that nothing wrong passes for a default.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configReport } from '../../server/config-report.js';
import { loadConfig } from '../../server/config.js';

const emptyFolder = mkdtempSync(join(tmpdir(), 'onlooker-config-'));

function folderWith(content: string, name = 'onlooker.config.json'): string {
  const folder = mkdtempSync(join(tmpdir(), 'onlooker-config-'));
  writeFileSync(join(folder, name), content);
  return folder;
}

test('nothing said gives the defaults: loopback, 8080, 5 MiB, two credits', () => {
  const { settings, origins, file } = loadConfig({}, { PATH: '/bin' }, emptyFolder);
  expect(settings).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    maxFrameBytes: 5_242_880,
    maxPixels: 33_177_600,
    credits: 2,
    deadlineMs: 2000,
    pack: 'default',
  });
  expect(settings.matchThreshold).toBeUndefined();
  expect(new Set(Object.values(origins))).toEqual(new Set(['default']));
  expect(file).toBeNull();
});

test('the environment comes before the file and the file before the default', () => {
  const folder = folderWith('{"port": 9000, "credits": 4, "offline": true}');
  const { settings, origins, file } = loadConfig(
    {},
    { ONLOOKER_PORT: '9100', ONLOOKER_LANES: 'auto', ONLOOKER_MAX_BATCH: '8' },
    folder,
  );
  expect(settings).toMatchObject({ port: 9100, credits: 4, offline: true, lanes: 'auto', maxBatch: 8 });
  expect(origins).toMatchObject({ port: 'env', credits: 'file', host: 'default', maxBatch: 'env' });
  expect(file).toBe(join(folder, 'onlooker.config.json'));
});

test('an option of the command comes before them all, and is named where it is wrong', () => {
  const folder = folderWith('{"host": "10.0.0.1"}');
  const { settings, origins } = loadConfig({ port: '9200' }, { ONLOOKER_PORT: '9100' }, folder);
  expect([settings.port, origins.port, settings.host, origins.host]).toEqual([9200, 'option', '10.0.0.1', 'file']);
  for (const port of ['', 'http', '-1', '65536'])
    expect(() => loadConfig({ port }, {}, emptyFolder)).toThrow(`--port must be an integer from 0 to 65535, but is "${port}"`);
  expect(() => loadConfig({ host: '' }, {}, emptyFolder)).toThrow('--host must be an address or a host name');
});

test('ONLOOKER_CONFIG names another file, an empty variable is unset, and the variables of the client are let be', () => {
  const folder = folderWith('{"port": 9001}', 'mine.json');
  const { settings } = loadConfig(
    {},
    { ONLOOKER_CONFIG: 'mine.json', ONLOOKER_HOST: '', ONLOOKER_URL: 'http://elsewhere' },
    folder,
  );
  expect(settings).toMatchObject({ port: 9001, host: '127.0.0.1' });
});

test.each([
  ['spaces', (text: string) => ` ${text}  `],
  ['a line end of Windows', (text: string) => `${text}\r`],
  ['double quotes', (text: string) => `"${text}"`],
  ['single quotes, and a space behind', (text: string) => `'${text}' `],
])('%s around values are taken off, as files of variables leave them', (_what, wrapped) => {
  const meant = {
    ONLOOKER_HOST: '127.0.0.1',
    ONLOOKER_PORT: '9000',
    ONLOOKER_DATA_DIR: '/var/lib/my data',
    ONLOOKER_LOG_LEVEL: 'warn',
    ONLOOKER_FACE_PICTURES: 'false',
    ONLOOKER_LANES: 'auto',
    ONLOOKER_MATCH_THRESHOLD: '0.5',
    ONLOOKER_ALLOWED_HOSTS: 'cam.example',
    ONLOOKER_PACK: 'opencv',
    ONLOOKER_BASE_PATH: '/onlooker',
  };
  const env = Object.fromEntries(Object.entries(meant).map(([name, value]) => [name, wrapped(value)]));
  expect(loadConfig({}, env, emptyFolder).settings).toEqual(loadConfig({}, meant, emptyFolder).settings);
});

test('quotes that belong to a value stay, and empty ones are nothing', () => {
  const { settings, origins } = loadConfig({}, { ONLOOKER_FRAME_ANCESTORS: "'self'", ONLOOKER_HOST: '""' }, emptyFolder);
  expect([settings.frameAncestors, settings.host, origins.host]).toEqual(["'self'", '127.0.0.1', 'default']);
  const several = "'self' https://home.example";
  expect(loadConfig({}, { ONLOOKER_FRAME_ANCESTORS: several }, emptyFolder).settings.frameAncestors).toBe(several);
});

test.each<[Record<string, string>, string]>([
  [{ ONLOOKER_PORT: '99999' }, 'ONLOOKER_PORT must be an integer from 0 to 65535, but is "99999"'],
  [{ ONLOOKER_PORT: '80.5' }, 'ONLOOKER_PORT must be an integer from 0 to 65535, but is "80.5"'],
  [{ ONLOOKER_PORT: 'http' }, 'ONLOOKER_PORT must be an integer from 0 to 65535, but is "http"'],
  [{ ONLOOKER_PORT: ' ' }, 'ONLOOKER_PORT must be an integer from 0 to 65535, but is " "'],
  [{ ONLOOKER_LANES: '0' }, 'ONLOOKER_LANES must be auto or an integer from 1 to 256, but is "0"'],
  [{ ONLOOKER_PROVIDER: 'gpu' }, 'ONLOOKER_PROVIDER must be one of auto, cpu, cuda, tensorrt, webgpu, but is "gpu"'],
  [{ ONLOOKER_OFFLINE: 'perhaps' }, 'ONLOOKER_OFFLINE must be true or false, but is "perhaps"'],
  [{ ONLOOKER_MATCH_THRESHOLD: '2' }, 'ONLOOKER_MATCH_THRESHOLD must be a number from -1 to 1, but is "2"'],
  [{ ONLOOKER_PROT: '1' }, 'ONLOOKER_PROT is not a setting; did you mean ONLOOKER_PORT?'],
  [{ ONLOOKER_ANYTHING_ELSE: '1' }, 'ONLOOKER_ANYTHING_ELSE is not a setting; `onlooker config` lists those there are'],
])('%o is refused with one clear line', (env, line) => {
  expect(() => loadConfig({}, env, emptyFolder)).toThrow(line);
});

test.each([
  ['{"prot": 1}', 'prot is not a setting; did you mean port?'],
  ['{"port": "x"}', 'port in '],
  ['[]', 'must hold one JSON object'],
  ['{', 'cannot read the configuration file'],
])('a file with %s is refused', (content, line) => {
  expect(() => loadConfig({}, {}, folderWith(content))).toThrow(line);
});

test('a file that is named but not there is refused', () => {
  expect(() => loadConfig({}, { ONLOOKER_CONFIG: 'nowhere.json' }, emptyFolder)).toThrow('cannot read the configuration file');
});

/** What Kubernetes puts there for Services named `onlooker` and `onlooker-console`. */
const KUBERNETES = {
  ONLOOKER_SERVICE_HOST: '10.96.0.7',
  ONLOOKER_SERVICE_PORT: '8080',
  ONLOOKER_SERVICE_PORT_HTTP: '8080',
  ONLOOKER_PORT: 'tcp://10.96.0.7:8080',
  ONLOOKER_PORT_8080_TCP: 'tcp://10.96.0.7:8080',
  ONLOOKER_PORT_8080_TCP_PROTO: 'tcp',
  ONLOOKER_PORT_8080_TCP_PORT: '8080',
  ONLOOKER_PORT_8080_TCP_ADDR: '10.96.0.7',
  ONLOOKER_CONSOLE_SERVICE_HOST: 'fd00::7',
  ONLOOKER_CONSOLE_SERVICE_PORT: '53',
  ONLOOKER_CONSOLE_PORT: 'udp://[fd00::7]:53',
  ONLOOKER_CONSOLE_PORT_53_UDP_ADDR: 'fd00::7',
};

test('variables that Kubernetes makes for Services of this name are passed over, one by one and all together', () => {
  for (const [variable, value] of Object.entries(KUBERNETES)) {
    expect(loadConfig({}, { [variable]: value }, emptyFolder).origins.port).toBe('default');
  }
  const folder = folderWith('{"port": 9000}');
  expect(loadConfig({}, { ...KUBERNETES, ONLOOKER_CREDITS: '4' }, folder).settings).toMatchObject({ port: 9000, credits: 4 });
});

test.each([
  ['ONLOOKER_SERVICE_HOST', 'a host'],
  ['ONLOOKER_SERVICE_PORT', 'none'],
  ['ONLOOKER_SERVICE', '10.96.0.7'],
  ['ONLOOKER_PORTS', 'tcp://10.96.0.7:8080'],
  ['ONLOOKER_PORT', 'http://10.96.0.7:8080'],
  ['ONLOOKER_PORT_TCP', 'tcp://10.96.0.7:8080'],
  ['ONLOOKER_CREDIT', '4'],
])('%s=%s is a slip, and told', (variable, value) => {
  expect(() => loadConfig({}, { [variable]: value }, emptyFolder)).toThrow(variable);
});

test('lists of addresses are what they mean once they are read, and are shown as they were written', () => {
  const written = { trustedProxies: 'loopback, 10.0.0.0/8', allowedSources: '127.0.0.1:8081,Camera.local,169.254.0.0/16' };
  const config = loadConfig({}, {}, folderWith(JSON.stringify(written)));
  const { trustedProxies, allowedSources } = config.settings;
  expect(['127.0.0.1', '10.9.9.9', '11.0.0.1'].map((address) => trustedProxies.has(address))).toEqual([true, true, false]);
  expect(allowedSources.map(({ name, port }) => [name, port])).toEqual([
    [null, 8081],
    ['camera.local', null],
    [null, null],
  ]);
  const { settings } = configReport(config);
  expect(Object.fromEntries(settings.map(({ name, value }) => [name, value]))).toMatchObject(written);

  const nothing = configReport(loadConfig({}, {}, emptyFolder)).settings;
  for (const name of Object.keys(written)) expect(nothing.find((row) => row.name === name)?.value).toBe('');
});

test.each([
  ['trustedProxies', '10.0.0.0/33'],
  ['trustedProxies', 'proxy.local'],
  ['trustedProxies', 7],
  ['allowedSources', 'http://x'],
  ['allowedSources', ['127.0.0.1']],
])('%s: %j is no list of addresses', (name, value) => {
  expect(() => loadConfig({}, {}, folderWith(JSON.stringify({ [name]: value })))).toThrow(new RegExp(`^${name} in .* must be `));
});
