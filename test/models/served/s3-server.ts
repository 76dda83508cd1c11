// A store of objects for tests that checks each request's signature by the rules of AWS, and lets nobody list: what is not there is
// answered 403, as S3 does then. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface S3Server {
  readonly endpoint: string;
  /** Keys that were asked for, with the range. */
  readonly requests: string[];
  /** What environment makes requests that it takes. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const ID = 'AKIDEXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const TOKEN = 'a token/of=a session';
const REGION = 'eu-south-2';

/** What a test does with an answer; `undefined` gives the object. */
export type Answer = (key: string, request: IncomingMessage, response: ServerResponse) => boolean;

/** @param objects by `bucket/key` */
export async function serveS3(objects: ReadonlyMap<string, Uint8Array>, answer: Answer = () => false): Promise<S3Server> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const key = decodeURIComponent((request.url ?? '').slice(1));
    requests.push(`${key}${request.headers.range === undefined ? '' : ` ${request.headers.range}`}`);
    const content = objects.get(key);
    if (!isSigned(request) || content === undefined) {
      response.writeHead(403, { 'content-type': 'application/xml' }).end('<Error><Code>AccessDenied</Code></Error>');
      return;
    }
    if (answer(key, request, response)) return;
    const etag = `"${createHash('md5').update(content).digest('hex')}"`;
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from >= content.length && from > 0) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    const range = from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { etag, 'content-length': content.length - from, ...range });
    response.end(content.subarray(from));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    requests,
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: ID,
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_SESSION_TOKEN: TOKEN,
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function isSigned(request: IncomingMessage): boolean {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)$/;
  const [, id, day = '', region = '', names = '', signature] = pattern.exec(request.headers.authorization ?? '') ?? [];
  const date = String(request.headers['x-amz-date']);
  const isRecent = Math.abs(Date.parse(date.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:')) - Date.now()) < 900_000;
  if (id !== ID || region !== REGION || !date.startsWith(day) || !isRecent) return false;
  if (request.headers['x-amz-security-token'] !== TOKEN) return false;
  const signed = names.split(';');
  if (!['host', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token'].every((name) => signed.includes(name)))
    return false;
  const headers = signed.map((name) => `${name}:${String(request.headers[name]).trim()}\n`).join('');
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const payload = String(request.headers['x-amz-content-sha256']);
  const canonical = [request.method, path, query, headers, names, payload].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', date, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const hmac = (key: string | Buffer, value: string): Buffer => createHmac('sha256', key).update(value).digest();
  const key = [region, 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${SECRET}`, day));
  return hmac(key, text).toString('hex') === signature;
}
