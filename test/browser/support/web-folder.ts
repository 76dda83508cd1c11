// What the build made for browsers, for services that are not ours, with a page that has nothing on it.
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const WEB = fileURLToPath(new URL('../../../dist/web/', import.meta.url));
const BLANK = '<!doctype html><html lang="en"><title>test</title><link rel="icon" href="/icon.svg"></html>';
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
};
/** As of a service that asks nobody who they are. */
const OPEN_SESSION = JSON.stringify({
  authentication: { required: false, oidc: false },
  principal: { kind: 'local', name: 'local', roles: ['admin'], streams: ['*'] },
});
/** As strict as the service's own. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; worker-src 'self'; connect-src 'self'";

/** Answers `/` with the console, `/blank` with a page that has nothing on it (`?no-workers`: nor may run any), and their files. */
export async function answerWithWebFolder(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [address = '/'] = (request.url ?? '/').split('?');
  const path = address === '/' ? '/index.html' : address;
  const policy = request.url?.endsWith('?no-workers') ? POLICY.replace("worker-src 'self'", "worker-src 'none'") : POLICY;
  const headers = { 'content-security-policy': policy };
  if (path === '/v1/session') return void response.writeHead(200, { 'content-type': 'application/json' }).end(OPEN_SESSION);
  if (path === '/blank') return void response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end(BLANK);
  const bytes = /^\/[\w./-]+$/.test(path) && !path.includes('..') ? await readFile(join(WEB, path)).catch(() => null) : null;
  const type = TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'text/plain';
  response.writeHead(bytes ? 200 : 404, { ...headers, 'content-type': type }).end(bytes ?? '');
}
