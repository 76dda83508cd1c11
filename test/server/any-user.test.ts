// The program as machines run it: for users who have no home and no name, with folders that take nothing, and beside Kubernetes.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { finished, onlooker } from '../clients/program.js';
import { cacheDir } from '../fixtures.js';
import { temporaryDir } from '../tasks/faces/gallery/fixtures.js';
import { startService } from './support/service.js';

const PROGRAM = fileURLToPath(new URL('../../dist/bin/onlooker.js', import.meta.url));
const isRoot = process.getuid?.() === 0;

test.each([
  [
    'below /proc',
    '/proc/self/x',
    /the data folder \/proc\/self\/x cannot be written \(ENOENT\); ONLOOKER_DATA_DIR names another/,
  ],
  ['a file', 'file', /the data folder .*file cannot be written \(E[A-Z]+\); ONLOOKER_DATA_DIR names another/],
])('a data folder that is %s is one sentence for the service, its keys and its certificate', async (_, where, sentence) => {
  const folder = temporaryDir();
  writeFileSync(join(folder, 'file'), '');
  const env = {
    ONLOOKER_DATA_DIR: where === 'file' ? join(folder, where) : where,
    ONLOOKER_PORT: '0',
    ONLOOKER_LOG_LEVEL: 'silent',
  };
  for (const words of [['serve'], ['serve', '--lan'], ['keys', 'add', 'a', '--role', 'admin']]) {
    const { code, stderr } = await onlooker(words, env);
    expect(stderr).toMatch(sentence);
    const lines = stderr.trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('keys of this machine'))).toHaveLength(1);
    expect(code).toBe(1);
  }
});

test('a cache of models below /proc is one sentence that names the setting', async () => {
  const { code, stderr } = await onlooker(['models', 'pull'], { ONLOOKER_MODELS_DIR: '/proc/self/x' });
  expect(stderr).toMatch(/the model cache at \/proc\/self\/x\S* cannot be used: .*ONLOOKER_MODELS_DIR/);
  expect(code).toBe(1);
});

test('pictures that are to be drawn into a folder below /proc are refused in one sentence', async () => {
  const { code, stderr } = await onlooker(['send', 'nothing.jpg', '--annotate', '/proc/self/x/y']);
  expect(stderr).toMatch(/^onlooker: .*\n$/);
  expect(code).not.toBe(0);
});

test.runIf(isRoot && process.platform === 'linux')('a uid without a name and without HOME runs the program', async () => {
  const env = { PATH: process.env['PATH'] ?? '', ONLOOKER_MODELS_DIR: cacheDir };
  const run = (...words: string[]) =>
    finished(
      spawn('setpriv', ['--reuid', '12345', '--clear-groups', process.execPath, PROGRAM, ...words], {
        env,
        cwd: '/',
        stdio: 'pipe',
      }),
    );
  expect(await run('config')).toMatchObject({ code: 0, stderr: '' });
  expect((await run('keys', 'list')).stderr).toContain('\nthere are no keys yet: `onlooker keys add NAME --role ROLE`\n');
});

test('nothing is written into the home, and native libraries tell nobody anything', async () => {
  const home = temporaryDir();
  const service = await startService({ HOME: home, ONLOOKER_MODELS_DIR: cacheDir });
  const environment = readFileSync(`/proc/${service.pid}/maps`, 'latin1');
  expect(environment).toContain('libonnxruntime');
  expect(service.log).not.toMatch(/telemetry/i);
  expect(await service.stop()).toBe(0);
  expect(readdirSync(home)).toEqual([]);
});

test('the image asks for health as the service is configured, also beside a Kubernetes Service of this name', async () => {
  const service = await startService();
  const image = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
  const [, command = '[]'] = /HEALTHCHECK[^\n]*\n\s*CMD (\[.*\])/.exec(image) ?? [];
  const [, program, ...words] = JSON.parse(command) as string[];
  expect(program).toBe('dist/bin/onlooker.js');
  const beside = { ONLOOKER_SERVICE_HOST: '10.96.0.7', ONLOOKER_PORT_8080_TCP: 'tcp://10.96.0.7:8080' };
  expect(await onlooker(words, { ...beside, ONLOOKER_PORT: String(service.port), ONLOOKER_HOST: '0.0.0.0' })).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
  expect(await service.stop()).toBe(0);
  const { code, stderr } = await onlooker(words, { ...beside, ONLOOKER_PORT: String(service.port) });
  expect(stderr).toMatch(/no service answers at 127\.0\.0\.1:\d+/);
  expect(code).toBe(1);
  // Passed over: what remains is the port that is usual.
  const asked = await onlooker(words, { ...beside, ONLOOKER_PORT: 'tcp://10.96.0.7:8080' });
  expect(asked.stderr).not.toContain('ONLOOKER_PORT');
});
