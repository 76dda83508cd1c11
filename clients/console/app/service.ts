// The service that this page came from, over HTTP.
import { createHttpClient, type HttpClient } from '../../http-client.js';

export const http: HttpClient = createHttpClient(location.origin);
