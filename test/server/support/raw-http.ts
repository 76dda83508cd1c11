// HTTP as bytes over a socket: for headers that `fetch` does not let one set, and for what follows an answer on its connection.
import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  /** Over those that every request has; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

/** One request on a connection of its own. */
export async function rawRequest(port: number, request: RawRequest): Promise<RawAnswer> {
  const [answer] = await rawRequests(port, [{ ...request, headers: { connection: 'close', ...request.headers } }]);
  if (answer === undefined) throw new Error('the connection was closed without an answer');
  return answer;
}

/** Requests one after the other on one connection, each sent when the one before is answered. */
export async function rawRequests(port: number, requests: readonly RawRequest[]): Promise<RawAnswer[]> {
  const socket = connect(port, '127.0.0.1');
  const answers: RawAnswer[] = [];
  let received = Buffer.alloc(0);
  let tell = (): void => undefined;
  let ended = false;
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    tell();
  });
  const end = (): void => {
    ended = true;
    tell();
  };
  socket.on('close', end).on('error', end);
  try {
    for (const request of requests) {
      socket.write(textOf(port, request));
      let parsed = parse(received, request.method === 'HEAD', ended);
      while (parsed === null && !ended) {
        await new Promise<void>((resolve) => (tell = resolve));
        parsed = parse(received, request.method === 'HEAD', ended);
      }
      if (parsed === null) return answers;
      answers.push(parsed.answer);
      received = received.subarray(parsed.bytes);
    }
    return answers;
  } finally {
    socket.destroy();
  }
}

function textOf(port: number, { method = 'GET', path, headers = {}, body = '' }: RawRequest): string {
  const all: Record<string, string | undefined> = {
    host: `127.0.0.1:${port}`,
    ...(body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `${[`${method} ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n${body}`;
}

/** @returns null while the answer is not whole yet */
function parse(
  bytes: Buffer,
  withoutBody: boolean,
  ended: boolean,
): { readonly answer: RawAnswer; readonly bytes: number } | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const [first = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const start = headEnd + 4;
  const length = withoutBody ? 0 : Number(headers['content-length'] ?? Number.NaN);
  const end = Number.isNaN(length) ? (ended ? bytes.length : Infinity) : start + length;
  if (end > bytes.length) return null;
  return { answer: { status: Number(first.split(' ')[1]), headers, body: bytes.toString('utf8', start, end) }, bytes: end };
}
