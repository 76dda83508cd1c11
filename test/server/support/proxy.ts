// A small reverse proxy of HTTP and WebSockets before a service, as Home Assistant or nginx is one: what it serves lies under a
// path, anything else is its own.
import { createServer, request, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ProxyOptions {
  /** Where the service is. */
  readonly port: number;
  /** Without a slash at its end. */
  readonly path: string;
  /** Whether the service is asked without that path, as most proxies do. */
  readonly strips?: boolean;
  /** Told to the service with each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A page of the proxy's own, at `/`. */
  readonly page?: string;
}

export class Proxy {
  readonly url: string;
  /** Addresses asked for that it does not serve. */
  readonly strays: readonly string[];
  readonly close: () => Promise<void>;

  private constructor(url: string, strays: readonly string[], close: () => Promise<void>) {
    this.url = url;
    this.strays = strays;
    this.close = close;
  }

  static async start({ port, path, strips = true, headers = {}, page = '' }: ProxyOptions): Promise<Proxy> {
    const strays: string[] = [];
    const sockets = new Set<Duplex>();
    const ask = (incoming: IncomingMessage) => {
      const url = incoming.url ?? '/';
      const address = incoming.socket.remoteAddress ?? '';
      const told: OutgoingHttpHeaders = {
        ...incoming.headers,
        'x-forwarded-for': address,
        'x-forwarded-proto': 'http',
        'x-forwarded-host': incoming.headers.host,
        ...headers,
      };
      const wanted = strips ? url.slice(path.length) || '/' : url;
      return request({ host: '127.0.0.1', port, method: incoming.method, path: wanted, headers: told });
    };
    const isOurs = (url = ''): boolean => url.startsWith(`${path}/`) || (url === path && !strips);

    const server = createServer((incoming, response) => {
      if (incoming.url === '/') return void response.writeHead(200, { 'content-type': 'text/html' }).end(page);
      if (!isOurs(incoming.url)) return notFound(strays, incoming, response);
      const asked = ask(incoming);
      asked.on('error', () => response.destroy());
      asked.on('response', (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)));
      incoming.pipe(asked);
    });
    server.on('upgrade', (incoming: IncomingMessage, client: Duplex) => {
      if (!isOurs(incoming.url)) return void client.destroy();
      const asked = ask(incoming);
      asked.on('error', () => client.destroy());
      asked.on('response', (answer) => client.end(`HTTP/1.1 ${answer.statusCode ?? 502} Refused\r\n\r\n`));
      asked.on('upgrade', (answer, service, first) => {
        for (const socket of [client, service]) {
          sockets.add(socket);
          socket.on('error', () => undefined).on('close', () => [client, service].forEach((one) => one.destroy()));
        }
        const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`);
        client.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
        client.write(first);
        service.pipe(client).pipe(service);
      });
      asked.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    return new Proxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, strays, close);
  }
}

function notFound(strays: string[], incoming: IncomingMessage, response: ServerResponse): void {
  strays.push(incoming.url ?? '');
  response.writeHead(404).end();
}
