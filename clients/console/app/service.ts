// The service that this page came from, over HTTP.
import { createHttpClient, type HttpClient } from '../../http-client.js';

/** Where the service is, with `/` at its end: the folder of this page, since a proxy may put it under any path. */
export const SERVICE_URL = new URL('.', location.href).href;

export const http: HttpClient = createHttpClient(SERVICE_URL);
