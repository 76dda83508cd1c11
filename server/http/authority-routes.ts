// `GET /ca.crt`: the certificate of this machine's own authority (`serve --lan`), for phones to install. Public by its nature.
import type { Route } from './router.js';

/** @param authority DER; undefined where there is none */
export function authorityRoutes(authority: (() => Uint8Array) | undefined): Route[] {
  if (authority === undefined) return [];
  const headers = {
    'content-type': 'application/x-x509-ca-cert',
    'content-disposition': 'attachment; filename="onlooker-ca.crt"',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
  return [
    {
      method: 'GET',
      pattern: '/ca.crt',
      right: 'public',
      linkable: true,
      handle: () => ({ status: 200, headers, body: authority() }),
    },
  ];
}
