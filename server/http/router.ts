// Puts routes on the listener: one throw in a handler is one answer, a wrong method is 405, an unknown address 404,
// and every request is counted under the template of its route, never under its path.
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { Door } from '../access/door.js';
import type { Principal } from '../access/principal.js';
import { HELD_BACK_MS } from '../access/limits.js';
import type { Right } from '../access/rights.js';
import type { Logger } from '../logger.js';
import type { UnfinishedBodies } from '../memory/unfinished-bodies.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Registering } from '../port/registering.js';
import type { RequestTurns } from '../request-turns.js';
import type { ServiceState } from '../service-state.js';
import { AbortedError, Exchange } from './exchange.js';
import { errorReply, refuseAmbiguous, type Reply } from './reply.js';

export interface Route {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE';
  /** As uWebSockets.js has it: `/v1/people/:id`. */
  readonly pattern: string;
  /** What it takes to be answered; checked before anything of the request's body is read. */
  readonly right: Right;
  /** Links of other sites may lead here: set for pages, never for data. */
  readonly linkable?: true;
  /** Pages of every origin may ask: only of what says nothing about anybody. */
  readonly anyOrigin?: true;
  readonly handle: (exchange: Exchange) => Reply | Promise<Reply>;
}
type Served = Pick<Route, 'right' | 'linkable' | 'anyOrigin' | 'handle'>;

const METHOD_NAMES = { GET: 'get', HEAD: 'head', POST: 'post', PATCH: 'patch', DELETE: 'del' } as const;
const UNKNOWN_ROUTE = 'unknown';
/** Methods that may stand in a metric's label; any other name is the client's invention. */
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export interface RouterContext {
  readonly state: Pick<ServiceState, 'told'>;
  readonly door: Door;
  readonly bodies: UnfinishedBodies;
  readonly turns: RequestTurns;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export class Router {
  readonly #state: RouterContext['state'];
  readonly #door: Door;
  readonly #bodies: UnfinishedBodies;
  readonly #turns: RequestTurns;
  readonly #metrics: Metrics;
  readonly #log: Logger;
  #inHand = 0;
  #onIdle: (() => void) | null = null;

  constructor({ state, door, bodies, turns, metrics, log }: RouterContext) {
    this.#state = state;
    this.#door = door;
    this.#bodies = bodies;
    this.#turns = turns;
    this.#metrics = metrics;
    this.#log = log;
  }

  /** Routes with GET answer HEAD too. */
  register(app: Registering, routes: readonly Route[]): void {
    for (const [pattern, ofPattern] of groupByPattern(routes)) {
      for (const route of ofPattern) {
        app[METHOD_NAMES[route.method]](pattern, (res, req) => this.#serve(res, req, pattern, route));
        if (route.method === 'GET') app.head(pattern, (res, req) => this.#serve(res, req, pattern, route));
      }
      const allow = ofPattern.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
      const wrongMethod = (): Reply => {
        const reply = errorReply(new OnlookerError('BAD_MESSAGE', `This address takes ${allow}.`), 405);
        return { ...reply, headers: { ...reply.headers, allow } };
      };
      // A browser asks with OPTIONS whether a page may: that is answered where the page may.
      const isOpen = ofPattern.some(({ anyOrigin }) => anyOrigin);
      const other: Served = { right: 'public', ...(isOpen ? { anyOrigin: true } : {}), handle: wrongMethod };
      app.any(pattern, (res, req) => this.#serve(res, req, pattern, other));
    }
    const notFound = (): Reply => errorReply(new OnlookerError('NOT_FOUND'));
    app.any('/*', (res, req) => this.#serve(res, req, UNKNOWN_ROUTE, { right: 'public', handle: notFound }));
  }

  /** Resolves when no request is in hand any more. */
  async idle(): Promise<void> {
    if (this.#inHand > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }

  #serve(res: HttpResponse, req: HttpRequest, pattern: string, route: Served): void {
    const startMs = performance.now();
    const head = this.#door.headOf(res, req);
    if (head.isAmbiguous) {
      const method = KNOWN_METHODS.has(head.method) ? head.method : 'OTHER';
      this.#metrics.httpAnswered(method, pattern, refuseAmbiguous(res), performance.now() - startMs);
      return;
    }
    const exchange = new Exchange(res, req, head, pattern.split('/:').length - 1, this.#bodies);
    this.#inHand++;
    void this.#answer(exchange, route).then((status) => {
      this.#inHand--;
      if (this.#inHand === 0) this.#onIdle?.();
      if (status === null) return;
      const ms = performance.now() - startMs;
      const method = KNOWN_METHODS.has(exchange.method) ? exchange.method : 'OTHER';
      this.#metrics.httpAnswered(method, pattern, status, ms);
      this.#log.debug({ method, route: pattern, status, ms: Math.round(ms) }, 'request answered');
    });
  }

  /** @returns the status that was sent, or null when the client had gone */
  async #answer(exchange: Exchange, route: Served): Promise<number | null> {
    try {
      const reply = await this.#replyOf(exchange, route);
      await exchange.answer(reply);
      return exchange.aborted ? null : reply.status;
    } catch (error) {
      if (!(error instanceof AbortedError)) this.#log.error({ err: error }, 'a request could not be answered');
      return null;
    }
  }

  async #replyOf(exchange: Exchange, route: Served): Promise<Reply> {
    try {
      const turn = this.#turns.wait();
      const letIn = turn === null ? this.#letIn(exchange, route) : turn.then(() => this.#letInLater(exchange, route));
      const preflight = letIn instanceof Promise ? await exchange.holdingBody<Reply | null>(letIn) : letIn;
      return preflight ?? (await route.handle(exchange));
    } catch (error) {
      if (error instanceof AbortedError) throw error;
      const told = this.#state.told(error);
      if (told.code === 'INTERNAL') this.#log.error({ err: error }, 'a request failed');
      // Whoever asks without a pause is slowed down: on each of its connections it may only ask again when it has this.
      if (told.code === 'RATE_LIMITED') await sleep(HELD_BACK_MS, undefined, { ref: false });
      return errorReply(told);
    }
  }

  /** Who has gone while they waited for their turn takes nobody's time. @throws AbortedError */
  #letInLater(exchange: Exchange, route: Served): Reply | null | Promise<null> {
    if (exchange.aborted) throw new AbortedError();
    return this.#letIn(exchange, route);
  }

  /**
   * @returns the answer for a browser that asks beforehand; null for whoever may go on. A promise only where a token of an identity
   *   provider is shown
   */
  #letIn(exchange: Exchange, { right, linkable, anyOrigin }: Served): Reply | null | Promise<null> {
    const { head } = exchange;
    const admitted = this.#door.admit(head, linkable, anyOrigin);
    if (admitted.preflight !== null) return { status: 204, headers: admitted.preflight };
    exchange.admitted(admitted);
    const known = (found: Principal | null): null => {
      const principal = right === 'public' ? null : this.#door.authorise(head, found, right);
      if (principal !== null) exchange.principal = principal;
      this.#door.limit(head, principal);
      exchange.countBytes((bytes) => this.#door.came(head, principal, bytes));
      return null;
    };
    if (right === 'public') return known(null);
    const found = this.#door.identify(head);
    return found instanceof Promise ? found.then(known) : known(found);
  }
}

function groupByPattern(routes: readonly Route[]): Map<string, Route[]> {
  const groups = new Map<string, Route[]>();
  for (const route of routes) groups.set(route.pattern, [...(groups.get(route.pattern) ?? []), route]);
  return groups;
}
