// What a port is to the service: requests and WebSockets of whatever was registered on it, until it is closed.
import { App, us_listen_socket_close, us_socket_local_port, type TemplatedApp, type us_listen_socket } from 'uWebSockets.js';
import { StartError } from '../start-error.js';
import { registeringOn, type Registering } from './registering.js';

export interface Port {
  readonly number: number;
  /** No new connections, and an end to those that are there. */
  close(): void;
}

export interface PortOptions {
  readonly host: string;
  readonly port: number;
  /** Puts routes and sockets on an app; called for each app that the port comes to have. */
  readonly register: (app: Registering) => void;
}

/** `LIBUS_LISTEN_EXCLUSIVE_PORT` of uWebSockets.js, which the package declares but does not export. */
const EXCLUSIVE_PORT = 1;

/** HTTP and WebSocket without encryption. @throws StartError when the address is in use or not of this machine */
export async function openPlainPort({ host, port, register }: PortOptions): Promise<Port> {
  const app = App();
  register(registeringOn(app));
  const socket = await listenExclusively(app, host, port);
  return {
    number: us_socket_local_port(socket),
    close: () => {
      us_listen_socket_close(socket);
      app.close();
    },
  };
}

/**
 * Without the option a second service would share the port with the first; the typings lack this form of `listen`.
 * @throws StartError when the address is in use or not of this machine; the app is closed then
 */
export async function listenExclusively(app: TemplatedApp, host: string, port: number): Promise<us_listen_socket> {
  interface Listening {
    listen(host: string, port: number, options: number, callback: (socket: us_listen_socket | false) => void): TemplatedApp;
  }
  const socket = await new Promise<us_listen_socket | false>((resolve) =>
    (app as unknown as Listening).listen(host, port, EXCLUSIVE_PORT, resolve),
  );
  if (socket !== false) return socket;
  app.close();
  throw new StartError(`cannot listen on ${host}:${port}: the port is in use, or the address is not of this machine`);
}
