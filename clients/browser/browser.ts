// Everything a page needs, as one module: what the service gives out at `/client.js`, and the package at `onlooker/browser`.
export * from '../client.js';
export * from '../http-client.js';
export { CameraError, type CameraErrorCode } from './camera-error.js';
export type * from './camera-options.js';
export { CameraStream } from './camera-stream.js';
export type { LimitedBy } from './adaptation.js';
export type { CaptureSettings } from './capture-settings.js';
