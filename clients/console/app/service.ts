// The service that this page came from, over HTTP.
import { createHttpClient, type HttpClient } from '../../http-client.js';

/** Where the service is, with `/` at its end: the folder of this page, since a proxy may put it under any path. */
export const SERVICE_URL = new URL('.', location.href).href;

let onUnauthorized: () => void = () => undefined;

/** Calls back whenever the service says that it does not know who asks. */
export function whenUnauthorized(action: () => void): void {
  onUnauthorized = action;
}

export const http: HttpClient = createHttpClient(SERVICE_URL, {
  fetch: async (...request) => {
    const response = await fetch(...request);
    // Of an attempt to sign in it is the answer.
    if (response.status === 401 && !response.url.endsWith('/v1/session')) onUnauthorized();
    return response;
  },
});
