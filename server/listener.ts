// The one port: HTTP routes and the WebSocket on a uWebSockets.js app, from listening to its last socket closed.
import './head-size.js';
import { App, us_listen_socket_close, us_socket_local_port, type TemplatedApp, type us_listen_socket } from 'uWebSockets.js';
import type { Access } from './access/access.js';
import { basePathRoutes, underBasePath } from './http/base-path.js';
import { eventRoutes } from './http/event-routes.js';
import { galleryRoutes } from './http/gallery-routes.js';
import { imageRoutes } from './http/image-routes.js';
import { keyRoutes } from './http/key-routes.js';
import { oidcRoutes } from './http/oidc-routes.js';
import { operationsRoutes } from './http/operations-routes.js';
import { peopleRoutes } from './http/people-routes.js';
import { sessionRoutes } from './http/session-routes.js';
import { streamRoutes } from './http/stream-routes.js';
import { readWebFiles } from './http/web-files.js';
import { webRoutes } from './http/web-routes.js';
import { errorReply } from './http/reply.js';
import { Router, type Route } from './http/router.js';
import type { GivenParts } from './given-parts.js';
import type { Logger } from './logger.js';
import type { Metrics } from './metrics/metrics.js';
import type { ConfigReport } from '../protocol/config.js';
import { OnlookerError } from '../protocol/errors.js';
import type { ServiceState } from './service-state.js';
import type { Settings } from './settings.js';
import { StartError } from './start-error.js';
import type { StreamFeed } from './stream-feed.js';
import type { StreamOwners } from './ws/stream-owners.js';
import { WebSocketEndpoint } from './ws/web-socket-endpoint.js';

/** `LIBUS_LISTEN_EXCLUSIVE_PORT` of uWebSockets.js, which the package declares but does not export. */
const EXCLUSIVE_PORT = 1;
const SOCKET_PATH = '/v1/ws';
/** After the last close frame: time for clients to answer it, so that no reset overtakes what they were sent. */
const LINGER_MS = 250;

export interface ListenerContext {
  readonly settings: Settings;
  /** The settings as clients are told of them. */
  readonly config: ConfigReport;
  readonly state: ServiceState;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly feed: StreamFeed;
  readonly owners: StreamOwners;
  readonly access: Access;
  readonly given: GivenParts;
}

export class Listener {
  readonly port: number;
  readonly #app: TemplatedApp;
  readonly #socket: us_listen_socket;
  readonly #endpoint: WebSocketEndpoint;
  readonly #router: Router;

  private constructor(app: TemplatedApp, socket: us_listen_socket, endpoint: WebSocketEndpoint, router: Router) {
    this.#app = app;
    this.#socket = socket;
    this.#endpoint = endpoint;
    this.#router = router;
    this.port = us_socket_local_port(socket);
  }

  /** @throws StartError when the address is in use or not of this machine */
  static async start(context: ListenerContext): Promise<Listener> {
    const { settings, config, state, metrics, log, access, given } = context;
    const webFiles = await readWebFiles(given.webDir);
    const endpoint = new WebSocketEndpoint({ ...context, door: access.door });
    access.onLook(() => endpoint.seeOutInvalid());
    const router = new Router(access.door, metrics, log);
    const app = App();
    const paths = underBasePath(app, settings.basePath);
    paths.ws(SOCKET_PATH, endpoint.behavior());
    router.register(paths, [
      ...operationsRoutes(state, metrics, config),
      ...imageRoutes(state, settings.maxFrameBytes),
      ...peopleRoutes(state, settings.maxFrameBytes),
      ...streamRoutes(state, given.draw),
      ...eventRoutes(state),
      ...sessionRoutes(access),
      ...oidcRoutes(access),
      ...keyRoutes(access.keys),
      ...galleryRoutes(state, settings.maxImportBytes),
      ...webRoutes(webFiles, settings.frameAncestors),
      ...basePathRoutes(settings.basePath),
      upgradeRequired,
    ]);
    const socket = await listenExclusively(app, settings.host, settings.port);
    if (socket === false) {
      app.close();
      throw new StartError(
        `cannot listen on ${settings.host}:${settings.port}: the port is in use, or the address is not of this machine`,
      );
    }
    return new Listener(app, socket, endpoint, router);
  }

  /** Answers what is in hand on every connection and says goodbye. New requests are still told that the service drains. */
  async drain(): Promise<void> {
    await Promise.all([this.#endpoint.drain(), this.#router.idle()]);
    await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
  }

  /** Cuts whatever is still connected. */
  close(): void {
    us_listen_socket_close(this.#socket);
    this.#app.close();
  }
}

/** Without the option a second service would share the port with the first; the typings lack this form of `listen`. */
function listenExclusively(app: TemplatedApp, host: string, port: number): Promise<us_listen_socket | false> {
  interface Listening {
    listen(host: string, port: number, options: number, callback: (socket: us_listen_socket | false) => void): TemplatedApp;
  }
  return new Promise((resolve) => (app as unknown as Listening).listen(host, port, EXCLUSIVE_PORT, resolve));
}

const upgradeRequired: Route = {
  method: 'GET',
  pattern: SOCKET_PATH,
  right: 'public',
  handle: () => {
    const reply = errorReply(new OnlookerError('BAD_MESSAGE', 'This address speaks WebSocket.'), 426);
    return { ...reply, headers: { ...reply.headers, upgrade: 'websocket' } };
  },
};
