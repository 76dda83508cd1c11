// What routes and sockets are put on: an app of uWebSockets.js, or several paths of one, behind the same few methods.
import type { TemplatedApp, WebSocketBehavior } from 'uWebSockets.js';

type Handler = Parameters<TemplatedApp['get']>[1];
type Register = (pattern: string, handler: Handler) => void;
const METHODS = ['get', 'head', 'post', 'patch', 'put', 'del', 'options', 'any'] as const;

export interface Registering extends Readonly<Record<(typeof METHODS)[number], Register>> {
  ws<T>(pattern: string, behavior: WebSocketBehavior<T>): void;
}

/** @param onSocketClosed told of each WebSocket that has closed */
export function registeringOn(app: TemplatedApp, onSocketClosed: () => void = () => undefined): Registering {
  return {
    ...forEachMethod((method) => (pattern, handler) => void app[method](pattern, handler)),
    ws: <T>(pattern: string, behavior: WebSocketBehavior<T>) => {
      const close: WebSocketBehavior<T>['close'] = (socket, code, message) => {
        onSocketClosed();
        behavior.close?.(socket, code, message);
      };
      app.ws<T>(pattern, { ...behavior, close });
    },
  };
}

/**
 * The same under a path too: where a proxy hands the path on under which it serves us, the service answers there. It stays at the
 * root besides, for whoever asks it directly: health checks, scrapers, proxies that take the path away.
 * @param basePath as `pathPrefix` gives it; where it is empty nothing changes
 */
export function underBasePath(app: Registering, basePath: string): Registering {
  if (basePath === '') return app;
  const paths = ['', basePath];
  return {
    ...forEachMethod((method) => (pattern, handler) => paths.forEach((path) => app[method](path + pattern, handler))),
    ws: (pattern, behavior) => paths.forEach((path) => app.ws(path + pattern, behavior)),
  };
}

function forEachMethod(make: (method: (typeof METHODS)[number]) => Register): Omit<Registering, 'ws'> {
  return Object.fromEntries(METHODS.map((method) => [method, make(method)])) as unknown as Omit<Registering, 'ws'>;
}
