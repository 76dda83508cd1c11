// A GET whose answer is read no faster than it is used, through the user's npm settings for proxies, certificates and keys. npm's own
// client takes in all that a server sends, however slowly it is written to the disk, so that a large file would fill the memory.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { getAgent } from '@npmcli/agent';
import registryFetch from 'npm-registry-fetch';
import type { NpmSettings } from './npm-settings.js';

const REDIRECTIONS = 10;
/** Not for another server's eyes. */
const PRIVATE = /^(authorization|cookie|x-amz-)/;

type Headers = Readonly<Record<string, string>>;

/** The answer, whatever its status but a redirection, which is followed; its body has to be read or destroyed. */
export async function httpGet(
  url: string,
  headers: Headers,
  settings: NpmSettings,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let address = new URL(url);
  let sent: Headers = { ...authorization(url, settings), ...headers };
  for (let followed = 0; ; followed++) {
    const answer = await getOnce(address, sent, settings, signal);
    const { statusCode = 0 } = answer;
    const { location } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) return answer;
    answer.destroy();
    if (followed === REDIRECTIONS) throw new Error(`it is redirected more than ${REDIRECTIONS} times`);
    const next = new URL(location, address);
    if (!/^https?:$/.test(next.protocol)) throw new Error(`it is redirected to ${next.protocol}`);
    if (next.origin !== address.origin) sent = Object.fromEntries(Object.entries(sent).filter(([name]) => !PRIVATE.test(name)));
    address = next;
  }
}

function getOnce(url: URL, headers: Headers, settings: NpmSettings, signal: AbortSignal): Promise<IncomingMessage> {
  const { ca, cert, key, localAddress, maxSockets, noProxy, httpsProxy, proxy, strictSSL } = settings;
  const rejectUnauthorized = strictSSL !== false;
  const agent = getAgent(url.href, {
    ca,
    cert,
    key,
    localAddress,
    maxSockets,
    noProxy,
    proxy: httpsProxy || proxy,
    rejectUnauthorized,
  });
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    send(url, { agent, headers, signal }, resolve).on('error', reject).end();
  });
}

/** The key that the user's npmrc has for that address. */
function authorization(url: string, settings: NpmSettings): Headers {
  const { getAuth } = registryFetch as unknown as {
    getAuth: (url: string, settings: NpmSettings) => { token?: string; auth?: string };
  };
  const { token, auth } = getAuth(url, settings);
  if (token) return { authorization: `Bearer ${token}` };
  return auth ? { authorization: `Basic ${auth}` } : {};
}
