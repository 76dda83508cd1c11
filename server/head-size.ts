// Room for the head of a request: uWebSockets.js takes 4 KiB unless its environment says otherwise when it is loaded, and tokens of
// some identity providers are longer. To be imported before it.
const MOST_HEAD_BYTES = 12 * 1024;

process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= String(MOST_HEAD_BYTES);
