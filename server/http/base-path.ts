// The service's own path, where it has one (`ONLOOKER_BASE_PATH`), without the slash that the page's relative addresses need.
import type { Route } from './router.js';

/** Leads from `/base` to `/base/`; relative itself, since a proxy may serve more before it. */
export function basePathRoutes(basePath: string): Route[] {
  if (basePath === '') return [];
  const location = `${basePath.slice(basePath.lastIndexOf('/') + 1)}/`;
  return [
    { method: 'GET', pattern: basePath, right: 'public', linkable: true, handle: () => ({ status: 308, headers: { location } }) },
  ];
}
