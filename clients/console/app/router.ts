// Which view is shown, as the address has it: `#/people/<id>?search=anna`. Links are plain `href`s made by `linkTo`.
import { computed, signal } from '@preact/signals';

export const VIEWS = ['live', 'people', 'streams', 'events', 'system'] as const;
export type ViewName = (typeof VIEWS)[number];

export interface Route {
  readonly view: ViewName;
  /** What follows the view's name in the path, such as a person's id. */
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
}

const hash = signal(location.hash);
addEventListener('hashchange', () => (hash.value = location.hash));

export const route = computed<Route>(() => parseRoute(hash.value));

export function parseRoute(address: string): Route {
  const [path = '', query = ''] = address.replace(/^#\/?/, '').split('?', 2);
  const [name, ...rest] = path.split('/').filter((part) => part !== '');
  return {
    view: VIEWS.find((view) => view === name) ?? 'live',
    rest: rest.map(decoded),
    query: new URLSearchParams(query),
  };
}

/** The address of a view; query values that are empty are left out. */
export function linkTo(
  view: ViewName,
  rest: readonly string[] = [],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const path = ['', view, ...rest.map(encodeURIComponent)].join('/');
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  return `#${path}${given.length > 0 ? `?${new URLSearchParams(given).toString()}` : ''}`;
}

/** @param replace true: no step for the browser's back button, as for filters */
export function goTo(address: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  hash.value = location.hash;
}

addEventListener('popstate', () => (hash.value = location.hash));

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
