// An http camera for tests: JPEG images without end (multipart/x-mixed-replace), by option behind a password.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface MjpegCameraOptions {
  /** Sent in turn. */
  readonly images: readonly Uint8Array[];
  readonly fps: number;
  readonly user?: string;
  readonly password?: string;
}
export interface MjpegCamera {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export async function startMjpegCamera({ images, fps, user, password = '' }: MjpegCameraOptions): Promise<MjpegCamera> {
  const viewers = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    if (user !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="camera"' }).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=frame' });
    viewers.add(response);
    response.once('close', () => viewers.delete(response));
  });
  let sent = 0;
  const timer = setInterval(() => {
    const image = images[sent++ % images.length] ?? new Uint8Array();
    for (const viewer of viewers) {
      viewer.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${image.length}\r\n\r\n`);
      viewer.write(image);
      viewer.write('\r\n');
    }
  }, 1000 / fps);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const credentials = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
  return {
    url: `http://${credentials}127.0.0.1:${port}/video`,
    port,
    async close() {
      clearInterval(timer);
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
