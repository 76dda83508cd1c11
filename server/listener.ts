// The one port: HTTP routes and the WebSocket on a uWebSockets.js app, from listening to its last socket closed.
import type { Access } from './access/access.js';
import { authorityRoutes } from './http/authority-routes.js';
import { basePathRoutes } from './http/base-path.js';
import { eventRoutes } from './http/event-routes.js';
import { galleryRoutes } from './http/gallery-routes.js';
import { imageRoutes } from './http/image-routes.js';
import { modelRoutes } from './http/model-routes.js';
import { keyRoutes } from './http/key-routes.js';
import { oidcRoutes } from './http/oidc-routes.js';
import { operationsRoutes } from './http/operations-routes.js';
import { peopleRoutes } from './http/people-routes.js';
import { presenceRoutes } from './http/presence-routes.js';
import { sessionRoutes } from './http/session-routes.js';
import { streamRoutes } from './http/stream-routes.js';
import { readWebFiles } from './http/web-files.js';
import { webRoutes } from './http/web-routes.js';
import type { CompatService } from './compat/compat-mode.js';
import { errorReply } from './http/reply.js';
import { Router, type Route } from './http/router.js';
import { DrawnSnapshots } from './drawn-snapshots.js';
import type { GivenParts } from './given-parts.js';
import type { Logger } from './logger.js';
import { UnfinishedBodies } from './memory/unfinished-bodies.js';
import { UnfinishedBytes } from './memory/unfinished-bytes.js';
import type { Metrics } from './metrics/metrics.js';
import type { ConfigReport } from '../protocol/config.js';
import { OnlookerError } from '../protocol/errors.js';
import { RequestTurns } from './request-turns.js';
import type { ServiceState } from './service-state.js';
import type { Settings } from './settings.js';
import { openPlainPort, type Port } from './port/port.js';
import { underBasePath, type Registering } from './port/registering.js';
import { TlsPort } from './port/tls-port.js';
import type { StreamFeed } from './stream-feed.js';
import type { StreamOwners } from './ws/stream-owners.js';
import type { Certificate } from './tls/certificate.js';
import type { ServingCertificate } from './tls/serving-certificate.js';
import { WebSocketEndpoint } from './ws/web-socket-endpoint.js';

const SOCKET_PATH = '/v1/ws';
const MEBIBYTE = 1024 * 1024;
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
  /** Another service that this one stands in for. */
  readonly compat: CompatService | null;
  /** To serve HTTPS with; null for HTTP. */
  readonly certificate: ServingCertificate | null;
}

export class Listener {
  readonly port: number;
  readonly #port: Port;
  readonly #endpoint: WebSocketEndpoint;
  readonly #router: Router;

  readonly #stopLooking: () => void;

  private constructor(port: Port, endpoint: WebSocketEndpoint, router: Router, stopLooking: () => void) {
    this.#stopLooking = stopLooking;
    this.#port = port;
    this.#endpoint = endpoint;
    this.#router = router;
    this.port = port.number;
    this.#endpoint.listening(this.port);
  }

  /** @throws StartError when the address is in use or not of this machine · Error when the certificate is refused */
  static async start(context: ListenerContext): Promise<Listener> {
    const { settings, config, state, metrics, log, access, given, certificate, compat } = context;
    const webFiles = await readWebFiles(given.webDir);
    // The largest message or body fits whatever is set.
    const unfinished = new UnfinishedBytes(Math.max(settings.maxUnfinishedMb * MEBIBYTE, 3 * settings.maxFrameBytes));
    const isTls = certificate !== null;
    const requestTurns = new RequestTurns();
    const { door, limits } = access;
    const endpoint = new WebSocketEndpoint({ ...context, door, limits, unfinished, requestTurns, isTls });
    const router = new Router({ state, door, bodies: new UnfinishedBodies(unfinished), turns: requestTurns, metrics, log });
    const { maxPixels, maxFrameBytes, classMinimum } = settings;
    const drawn = new DrawnSnapshots({ draw: given.draw, aside: (job) => state.requirePipeline().aside(job), maxPixels });
    const lan = certificate?.lan ?? undefined;
    const routes = [
      ...(compat?.routes({ state, maxFrameBytes, classMinimum }) ?? []),
      ...operationsRoutes(state, metrics, config),
      ...imageRoutes(state, settings.maxFrameBytes),
      ...peopleRoutes(state, settings.maxFrameBytes),
      ...streamRoutes(state, drawn),
      ...eventRoutes(state),
      ...presenceRoutes(state, settings.timetable),
      ...sessionRoutes(access),
      ...oidcRoutes(access),
      ...keyRoutes(access),
      ...modelRoutes(state, settings.maxModelBytes),
      ...galleryRoutes(state, settings.maxImportBytes),
      ...webRoutes(webFiles, settings.frameAncestors),
      ...basePathRoutes(settings.basePath),
      ...authorityRoutes(lan && (() => lan.certificate.authority)),
      upgradeRequired,
    ];
    // Connections are counted and seen out by endpoint and router, whichever app they came to.
    const register = (app: Registering): void => {
      const paths = underBasePath(app, settings.basePath);
      paths.ws(SOCKET_PATH, endpoint.behavior());
      router.register(paths, routes);
    };
    const { host, port } = settings;
    const opened = certificate
      ? await TlsPort.open({ host, port, register }, certificate.current)
      : await openPlainPort({ host, port, register });
    return new Listener(
      opened,
      endpoint,
      router,
      access.onLook(() => endpoint.seeOutInvalid()),
    );
  }

  /** Whoever connects from now on meets this certificate; connections that are there live on. @throws Error when it is refused */
  replaceCertificate(certificate: Certificate): void {
    if (this.#port instanceof TlsPort) this.#port.replace(certificate);
  }

  /** Answers what is in hand on every connection and says goodbye. New requests are still told that the service drains. */
  async drain(): Promise<void> {
    await Promise.all([this.#endpoint.drain(), this.#router.idle()]);
    await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
  }

  /** Cuts whatever is still connected. */
  close(): void {
    this.#stopLooking();
    this.#endpoint.close();
    this.#port.close();
  }
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
