// A web server for the tests of fetching: it counts, and it breaks off where it is told to.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served {
  readonly content: Uint8Array;
  /** Bytes of an answer after which the connection is cut, for the first `cuts` answers. */
  readonly cutAfterBytes?: number;
  readonly cuts?: number;
  readonly acceptsRanges?: boolean;
  /** Another answer than the file. */
  readonly status?: number;
  /** Its length is not told before. */
  readonly chunked?: boolean;
  /** How long an answer waits between its two halves. */
  readonly pauseMs?: number;
}

export interface FileServer {
  readonly origin: string;
  readonly requests: { readonly path: string; readonly range: string | undefined; readonly authorization: string | undefined }[];
  close(): Promise<void>;
}

/** Serves the files of the map by path; it is asked at each request, so that a test may change it. */
export async function serveFiles(files: ReadonlyMap<string, Served>): Promise<FileServer> {
  const requests: FileServer['requests'] = [];
  const answered = new Map<string, number>();
  const server = createServer((request: IncomingMessage, response) => {
    const path = decodeURIComponent(request.url ?? '');
    requests.push({ path, range: request.headers.range, authorization: request.headers.authorization });
    const file = files.get(path);
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (file.status !== undefined) {
      response.writeHead(file.status).end();
      return;
    }
    const count = (answered.get(path) ?? 0) + 1;
    answered.set(path, count);
    const from = file.acceptsRanges === false ? 0 : Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const body = file.content.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, file.chunked ? {} : { 'content-length': body.byteLength });
    if (file.cutAfterBytes !== undefined && count <= (file.cuts ?? 0)) {
      response.write(body.subarray(0, file.cutAfterBytes), () => setTimeout(() => response.destroy(), 100));
    } else if (file.pauseMs !== undefined) {
      response.write(body.subarray(0, body.byteLength / 2));
      setTimeout(() => response.end(body.subarray(body.byteLength / 2)), file.pauseMs);
    } else {
      response.end(body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
