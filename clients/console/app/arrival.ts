// What brings somebody to the sign-in by an address: `#/sign-in?ticket=…` (a QR code), `#/sign-in?error=…` (an identity provider
// that did not sign them in). It is taken out of the address and the history at once, since a ticket is a secret while it is good.
import { goTo, linkTo } from './router.js';

export interface Arrival {
  readonly ticket?: string;
  /** A word of the identity provider's way; anybody can put one into a link. */
  readonly error?: string;
}

const PREFIX = '#/sign-in';
/** The view that somebody left to sign in elsewhere; it outlives the way there and back, and no more. */
const RETURN = 'onlooker.return';

/** Takes out of the address what stands there. */
export function takeArrival(): Arrival | undefined {
  const arrival = arrivalIn(location.hash);
  const isBare = arrival !== undefined || isBareHash(location.hash);
  const before = takeReturn();
  if (isBare && (arrival !== undefined || before !== undefined)) goTo(before ?? linkTo('live'), { replace: true });
  return arrival;
}

/** Hears of addresses that are opened on this page. */
export function watchArrivals(onArrival: (arrival: Arrival) => void): void {
  const take = (event: HashChangeEvent) => {
    const arrival = arrivalIn(location.hash);
    if (!arrival) return;
    event.stopImmediatePropagation();
    const before = new URL(event.oldURL).hash;
    goTo(isBareHash(before) || arrivalIn(before) ? linkTo('live') : before, { replace: true });
    onArrival(arrival);
  };
  // Before the router hears of it: it is no view.
  addEventListener('hashchange', take, { capture: true });
}

/** The way leads to another page and back. */
export function rememberReturn(): void {
  try {
    sessionStorage.setItem(RETURN, location.hash);
  } catch {
    // Not allowed here: the way back leads to the first view.
  }
}

/** It names no view; the way back from an identity provider ends so. */
const isBareHash = (hash: string): boolean => hash.length < 2 || hash === '#/';

function arrivalIn(hash: string): Arrival | undefined {
  const [path, query = ''] = hash.split('?', 2);
  if (path !== PREFIX && path !== `${PREFIX}/`) return undefined;
  const values = new URLSearchParams(query);
  const [ticket, error] = [values.get('ticket'), values.get('error')];
  return { ...(ticket === null ? {} : { ticket }), ...(error === null ? {} : { error }) };
}

function takeReturn(): string | undefined {
  try {
    const before = sessionStorage.getItem(RETURN);
    sessionStorage.removeItem(RETURN);
    return before?.startsWith('#/') && !arrivalIn(before) ? before : undefined;
  } catch {
    return undefined;
  }
}
