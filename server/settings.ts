// Every setting of the service, once: the schema from which the environment, the file, `onlooker config` and
// docs/configuration.md all come. It reads nothing itself.
import { ATTRIBUTES } from '../protocol/payloads.js';
import { z } from 'zod';
import { dataFolder, modelsFolder } from '../models/standard-folders.js';
import { RETENTION_DEFAULTS } from '../pipeline/events/event-store.js';
import { DEFAULT_QUALITY_GATE } from '../pipeline/tasks/faces/face-quality.js';
import { GALLERY_BYTES_DEFAULT } from '../pipeline/tasks/faces/gallery/gallery-memory.js';
import { MAX_REGISTERED_STREAMS_DEFAULT } from '../pipeline/registry/stream-registry.js';
import { parseAllowedSources } from '../pipeline/sources/source-hosts.js';
import { SOURCE_LIMITS } from '../pipeline/sources/source-settings.js';
import { MOST } from '../pipeline/tuning/lane-plan.js';
import { MAX_FRAME_BYTES_DEFAULT } from '../protocol/messages.js';
import { AddressSet } from '../protocol/addresses.js';
import { issuerAddress } from './access/oidc/issuer-address.js';
import { ROLE_MAPPING } from './access/oidc/claims.js';
import { pathPrefix } from './access/forwarded.js';
import { frameAncestors } from './http/frame-ancestors.js';
import {
  choice,
  choices,
  COMMAS,
  decimal,
  flag,
  integer,
  integerOrAuto,
  list,
  notes,
  optionalDecimal,
  optionalSecret,
  optionalText,
  parsed,
  text,
  type SettingNotes,
} from './setting-kinds.js';

const MACHINE_MADE = /^[A-Za-z0-9._~+/=-]{32,512}$/;
const ANY_SECRET = /^[\x21-\x7e]{1,512}$/;
const HOST_NAME = /^(\*|(\*\.)?[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?|\[?[0-9a-f:.]+\]?)$/i;
const ORIGIN = /^(null|[a-z][a-z0-9+.-]*:\/\/[^/?#@\s*]+)$/i;

/** @returns undefined without `openid`, since then nobody is named */
function scopes(text: string): string | undefined {
  const each = text.trim().split(/\s+/);
  return each.includes('openid') && each.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) ? each.join(' ') : undefined;
}

/** Keys are those of the configuration file; `environmentName` gives the variable of each. */
export const settingsSchema = z.strictObject({
  host: text('127.0.0.1', {
    meaning:
      'Address to listen on. Beyond loopback (`0.0.0.0`) the service starts only where there are keys (`onlooker keys add`), an identity provider, or `ONLOOKER_OPEN`.',
    expects: 'an address or a host name',
  }),
  port: integer(0, 65_535, 8080, { meaning: 'Port to listen on, for HTTP and WebSocket alike; 0 takes a free one and logs it.' }),
  allowedHosts: list(HOST_NAME, {
    meaning:
      'Further names under which the service is asked (the `Host` of requests), such as that of a proxy before it; `*.example.org` is everything below one, `*` any name. Loopback names are always its own, and where it listens beyond loopback the name and the addresses of the machine too.',
    expects: 'host names without ports',
  }),
  allowedOrigins: list(ORIGIN, {
    meaning:
      'Origins whose web pages may use the service beside its own console, such as `https://intranet.example.org`; `null` stands for pages opened from a file. Never list one whose pages you do not trust with everything here.',
    expects: 'origins (scheme, host and port)',
  }),
  open: flag(false, {
    meaning:
      'Let whoever shows no key do everything, also from other machines. For networks where everybody who can reach the service may see and change all of it.',
  }),
  adminKey: optionalSecret(MACHINE_MADE, {
    meaning:
      'A key with the role `admin`, beside those that are made with `onlooker keys add`: for machines that are set up by configuration alone. At least 32 letters, better made by a machine (`openssl rand -base64 32`).',
    expects: 'a text of at least 32 of A-Z a-z 0-9 . _ ~ + / = -',
    defaultText: 'none',
  }),
  oidcIssuer: parsed('', issuerAddress, {
    meaning:
      'Identity provider (OpenID Connect) whose tokens are taken beside API keys: its issuer, exactly as it writes it, a `/` at the end included. What it is and its keys are fetched from there.',
    expects: 'an https address without a query (http for this machine alone)',
    defaultText: 'none',
  }),
  oidcAudience: list(/^\S{1,256}$/, {
    meaning:
      'Whom tokens must be for (`aud`), any of these. Without it no tokens are taken as credentials, and people can only be signed in. Never that of another service: whoever may use that one would get in here.',
    expects: 'texts without spaces',
  }),
  oidcRoleClaim: text('roles', {
    meaning:
      'Claim that holds the roles of somebody: its name, or the way to it with dots between (`realm_access.roles`). A text or a list of texts.',
  }),
  oidcRoles: list(
    ROLE_MAPPING,
    {
      meaning:
        'Values of that claim and the role that each gives, such as `onlooker-admins=admin, staff=viewer`. With any, nothing else counts; without, the values are `ingest`, `viewer`, `enroller` and `admin` themselves.',
      expects: 'pairs such as staff=viewer, separated by commas, each with one of ingest, viewer, enroller, admin',
    },
    COMMAS,
  ),
  oidcStreamClaim: optionalText({
    meaning:
      'Claim that holds patterns of the streams somebody may touch (`door-*`), named as the one above. Whoever lacks it gets none, but for an `admin`.',
    expects: 'the name of a claim',
    defaultText: 'none: all streams',
  }),
  oidcNameClaim: text('name', {
    meaning: 'Claim that holds the name which the console shows; `preferred_username`, `email` and `sub` stand in for it.',
  }),
  oidcClientId: optionalText({
    meaning: 'Client id of the console at the identity provider: with it, people are signed in there (code flow with PKCE).',
    expects: 'a client id',
    defaultText: 'none: only tokens are taken',
  }),
  oidcClientSecret: optionalSecret(ANY_SECRET, {
    meaning: 'Secret of that client, where it has one.',
    expects: 'a text without spaces of at most 512 letters',
    defaultText: 'none: a public client',
  }),
  oidcScopes: parsed('openid profile', scopes, {
    meaning: 'What is asked of the identity provider when somebody signs in; some need another scope to tell of roles.',
    expects: 'scopes separated by spaces, openid among them',
  }),
  oidcSessionHours: decimal(0.01, 720, 12, {
    meaning:
      'Whoever signed in at the identity provider has to come by it again after so long. Roles that are taken away there are gone here by then.',
    unit: 'hours',
  }),
  tlsCert: optionalText({
    meaning:
      'Certificate to serve HTTPS and WSS with: a PEM file, the intermediate ones after it. Read again when it changes, and on SIGHUP, without dropping a connection.',
    expects: 'a file',
    defaultText: 'none: HTTP without encryption',
  }),
  tlsKey: optionalText({ meaning: 'Private key of that certificate: a PEM file without a password.', expects: 'a file' }),
  trustedProxies: parsed('', (list) => AddressSet.parse(list), {
    meaning:
      'Proxies that are believed who the client is and how it reached us (`X-Forwarded-For`, `-Proto`, `-Host`, `-Prefix`, `Forwarded`, `X-Ingress-Path`): addresses, ranges such as `10.0.0.0/8`, and the words `loopback` and `private`. From anybody else these headers say nothing.',
    expects: 'addresses and ranges such as 10.0.0.0/8, or loopback or private, separated by commas',
    defaultText: 'none',
  }),
  basePath: parsed('', pathPrefix, {
    meaning:
      'Path under which a proxy hands requests on to the service (`/onlooker`), which then answers there too. Not needed where the proxy takes the path away, as most do.',
    expects: 'a path of letters, digits and ._~@:+=- such as /onlooker, of at most 200 characters',
    defaultText: 'none',
  }),
  frameAncestors: parsed("'none'", frameAncestors, {
    meaning:
      'Pages that may show the console in a frame: `none`, or `self` (same origin, as with Home Assistant’s ingress) and origins such as `https://home.example:8123`.',
    expects: 'none, or self and origins such as https://home.example:8123, separated by spaces or commas',
    defaultText: '`none`',
  }),
  dataDir: text(dataFolder().path, {
    meaning: 'Folder of the gallery, the events and the registered streams. Back this one up.',
    expects: 'a folder',
    defaultText: '`$XDG_DATA_HOME/onlooker`, else `~/.local/share/onlooker`, for users without a home `/var/lib/onlooker`',
  }),
  modelsDir: text(modelsFolder().path, {
    meaning: 'Cache of the models, addressed by their sha256. May be filled elsewhere and mounted.',
    expects: 'a folder',
    defaultText:
      '`$XDG_CACHE_HOME/onlooker/models`, else `~/.cache/onlooker/models`; where neither can be written to, `models` in a data folder that is configured, else in the folder for temporary files',
  }),
  pack: text('default', {
    meaning:
      'Model pack: the name of one that ships with Onlooker, or the path of a manifest of your own. `none`: no faces are looked for, and nothing of theirs is fetched.',
    expects: 'a pack',
  }),
  attributes: choices(ATTRIBUTES, {
    meaning:
      'What may be asked about faces beside who they are ([how far that can be trusted](models.md#attributes-of-faces)): the networks that tell it are fetched and loaded with the pack, and run only for streams and pictures that ask for it.',
  }),
  modelDir: optionalText({
    meaning:
      'Folder of classifiers of your own, `<name>/<version>/` with `model.onnx`, `model.h5` or `model.keras` and `classes.txt`: the newest version of each is served, unless another is [put in use](models.md#versions). It is only read.',
    expects: 'a folder',
    defaultText: 'none',
  }),
  modelMemory: integerOrAuto(1, 1024 * 1024, {
    meaning:
      'Most memory that the graphs of models in folders may have together, each counted once an inference thread. One that is asked for closes those that were not needed for longest. `auto`: half of what the service may have.',
    unit: 'MiB',
  }),
  modelPollS: integer(0, 86_400, 10, {
    meaning: 'How often the folders of models are looked at for new versions; 0 for never.',
    unit: 's',
  }),
  maxModelBytes: integer(1024, Number.MAX_SAFE_INTEGER, 4 * 1024 * 1024 * 1024, {
    meaning: 'Largest file of a model that the service may be given (`onlooker models give`, and the console).',
    unit: 'bytes',
  }),
  classMinimum: decimal(0, 1, 0.5, {
    meaning:
      'Score that a class has to exceed to be accepted, beside the threshold of its own that a model may bring (`thresholds.csv`). A stream or request may ask for another (`threshold`).',
  }),
  offline: flag(false, { meaning: 'Never fetch a model; what is not in the cache stops the start.' }),
  provider: choice(['auto', 'cpu', 'cuda', 'tensorrt', 'webgpu'], 'auto', {
    meaning:
      'What runs the models. `auto` takes the best that starts and falls back to the CPU; one that is named outright and cannot start stops the service.',
  }),
  lanes: integerOrAuto(1, MOST.lanes, {
    meaning: 'Inference threads. `auto`: one on a GPU, on a CPU as measured, as a rule one for each core.',
  }),
  tuneAtStart: flag(true, {
    meaning:
      'Measure this machine at the first start with a model pack (about two seconds) and run as that says, where `auto` stands. The measurement is kept in the folder of the models; `onlooker tune` makes a thorough one.',
  }),
  preprocessWorkers: integerOrAuto(1, MOST.preprocessWorkers, {
    meaning: 'Threads that decode and scale images. `auto`: as measured.',
  }),
  maxBatch: integerOrAuto(1, MOST.maxBatch, {
    meaning: 'Most frames or faces in one run of a model; rounded down to a power of two. `auto`: as measured.',
    unit: 'items',
  }),
  credits: integer(1, 64, 2, { meaning: 'Frames that a client may have unanswered on one stream.', unit: 'frames' }),
  deadlineMs: integer(50, 600_000, 2000, {
    meaning:
      'A frame that cannot be answered within this time, by what frames take at present, is answered `dropped`/`deadline`. A stream may ask for another (`deadline_ms`).',
    unit: 'ms',
  }),
  maxFrameBytes: integer(1024, 256 * 1024 * 1024, MAX_FRAME_BYTES_DEFAULT, {
    meaning: 'Largest image, on the WebSocket and over HTTP.',
    unit: 'bytes',
  }),
  maxPixels: integer(4096, 268_435_456, 33_177_600, {
    meaning: 'Most pixels of an image, checked before it is decoded.',
    unit: 'pixels',
  }),
  maxStreams: integer(1, 10_000, 64, { meaning: 'Most streams of one connection.', unit: 'streams' }),
  maxConnections: integer(1, 1_000_000, 10_000, { meaning: 'Most WebSocket connections at once.', unit: 'connections' }),
  maxUnsentBytes: integer(65_536, 1024 * 1024 * 1024, 4 * 1024 * 1024, {
    meaning: 'A client that reads so slowly that more than this waits for it is disconnected.',
    unit: 'bytes',
  }),
  wrongKeysPerMinute: integer(0, 1_000_000, 30, {
    meaning:
      'Wrong keys, tickets and tokens that one address (IPv6: its /64) may show; further wrong ones are answered 429 `RATE_LIMITED`, and tokens not looked at. A right API key passes all the same. 0: no limit.',
    unit: 'a minute',
  }),
  maxRequestsPerS: integer(0, 10_000_000, 10_000, {
    meaning:
      'HTTP requests that one key or person, else one address, may make; one more is answered 429 `RATE_LIMITED`. Not for this machine without a key. 0: no limit.',
    unit: 'a second',
  }),
  maxFramesPerS: integer(0, 10_000_000, 10_000, {
    meaning:
      'Frames that one key or person, else one address, may send over WebSockets; one more is answered `error`/`RATE_LIMITED`. Not for this machine without a key. 0: no limit.',
    unit: 'a second',
  }),
  maxMbPerS: integer(0, 1_000_000, 1000, {
    meaning: 'Bytes of requests and frames, as with the two above. 0: no limit.',
    unit: 'MB a second',
  }),
  maxConnectionsOfAddress: integer(0, 1_000_000, 2000, {
    meaning:
      'Most WebSocket connections of one address (IPv6: its /64) other than loopback. Behind a proxy that is not in `ONLOOKER_TRUSTED_PROXIES` all clients are one address. 0: no limit.',
    unit: 'connections',
  }),
  maxConnectionsOfKey: integer(0, 1_000_000, 2000, {
    meaning:
      'Most WebSocket connections of one key or person, its tickets and sessions among them; one more is answered 429 `LIMIT_REACHED`. 0: no limit.',
    unit: 'connections',
  }),
  maxHandshakesPerS: integer(0, 1_000_000, 500, {
    meaning: 'WebSockets that one address other than loopback may begin; one more is answered 429 `RATE_LIMITED`. 0: no limit.',
    unit: 'a second',
  }),
  idleTimeoutS: integer(8, 960, 60, {
    meaning: 'A WebSocket connection from which nothing came for so long, not even the answer to a ping, is closed.',
    unit: 's',
  }),
  maxWaitingBytes: integer(1024 * 1024, Number.MAX_SAFE_INTEGER, 256 * 1024 * 1024, {
    meaning:
      'Most bytes of images waiting over all streams, single images (HTTP) at most half of it; one past it is answered `OVERLOADED`.',
    unit: 'bytes',
  }),
  maxUnfinishedMb: integer(16, 65_536, 32, {
    meaning:
      'Most memory for what came and is not complete yet: bodies of requests (one past it is answered 503 `OVERLOADED`), WebSocket messages, and small ones that wait for their turn.',
    unit: 'MiB',
  }),
  maxWaitingRequests: integer(1, 100_000, 64, {
    meaning: 'Most single images (HTTP) waiting at once; one more is answered 503 `OVERLOADED`.',
    unit: 'requests',
  }),
  cacheMb: integer(0, 65_536, 16, {
    meaning:
      'Memory for images that were worked on before: the same bytes with the same options are answered from it. 0 turns it off. Deleting a person or a face empties it.',
    unit: 'MiB',
  }),
  cacheStreams: flag(false, {
    meaning:
      'Look for the frames of streams in that memory too, where faces are not followed. Cameras never send the same bytes twice, so it would cost a hash of every frame and find nothing; it is for sources that repeat stills.',
  }),
  galleryMb: integer(1, 1024 * 1024, GALLERY_BYTES_DEFAULT / 2 ** 20, {
    meaning:
      'Most memory that enrolled people and faces may take: 768 MiB are some 130,000 people with a face each. More are refused with `GALLERY_FULL`, also in a file that is imported, for which as much is needed once more while it takes their place.',
    unit: 'MiB',
  }),
  maxImportBytes: integer(1024, Number.MAX_SAFE_INTEGER, 4 * 1024 * 1024 * 1024, {
    meaning: 'Largest gallery file that may be imported.',
    unit: 'bytes',
  }),
  matchThreshold: optionalDecimal(-1, 1, {
    meaning: 'Least cosine at which a face is given a name.',
    defaultText: 'that of the pack',
  }),
  matchMargin: optionalDecimal(0, 2, {
    meaning: 'Least lead in cosine of the best person over the second best; below it the face stays unnamed.',
    defaultText: 'that of the pack',
  }),
  enrolMinFacePx: integer(1, 10_000, DEFAULT_QUALITY_GATE.minFacePx, {
    meaning: 'Enrolment: least longer side of the face.',
    unit: 'pixels',
  }),
  enrolMinSharpness: decimal(0, 1_000_000, DEFAULT_QUALITY_GATE.minSharpness, {
    meaning: 'Enrolment: least sharpness (variance of the Laplacian of the aligned face).',
  }),
  enrolMaxYaw: decimal(0, 90, DEFAULT_QUALITY_GATE.maxYawDegrees, {
    meaning: 'Enrolment: how far the face may be turned to a side.',
    unit: 'degrees',
  }),
  enrolMaxPitch: decimal(0, 90, DEFAULT_QUALITY_GATE.maxPitchDegrees, {
    meaning: 'Enrolment: how far the face may look up or down.',
    unit: 'degrees',
  }),
  enrolMinScore: decimal(0, 1, DEFAULT_QUALITY_GATE.minScore, { meaning: 'Enrolment: least score of the detector.' }),
  facePictures: flag(true, {
    meaning:
      'Keep a small picture (160 pixels) of each enrolled face in the gallery, so that people can see who is enrolled. It goes with its face. Off, no picture is kept, and those that are there are removed at the next start.',
  }),
  tracking: flag(true, {
    meaning:
      'Follow faces from frame to frame: stable ids, decisions by vote, events, and embeddings only where they pay. Off, every frame is judged by itself.',
  }),
  detectEvery: integer(1, 10, 3, {
    meaning:
      'Where faces are followed: of the frames of a fast stream at least every so many is searched for faces, and one every 100 ms; between, settled faces are carried on where a glance shows that nothing else changed. 1 searches every frame. A stream may ask for another (`detect_every`).',
    unit: 'frames',
  }),
  mediaDir: optionalText({
    meaning: 'Folder of the video files that may be registered as streams (`media:door.mp4`).',
    expects: 'a folder',
    defaultText: 'none: no files are served',
  }),
  allowedSources: parsed('', parseAllowedSources, {
    meaning:
      'Private addresses at which cameras may be opened all the same: names, addresses and networks, each with a port or without (`127.0.0.1:8081, 169.254.0.0/16`). Cameras of the local network and RTSP on this machine need not be listed ([cameras](cameras.md#which-hosts)).',
    expects: 'host names, addresses or networks such as 169.254.0.0/16, each with a port or without, separated by commas',
    defaultText: 'none',
  }),
  cameraMaxPixels: integer(4096, 268_435_456, SOURCE_LIMITS.maxPixels, {
    meaning:
      'Most pixels of the picture of a registered stream, before it is scaled to its `width`: a camera that sends more is `failed`. Without a `width`, `ONLOOKER_MAX_PIXELS` bounds it too. Each ffmpeg may take 32 bytes of memory for each, and 640 MiB in any case.',
    unit: 'pixels',
  }),
  maxRegisteredStreams: integer(0, 10_000, MAX_REGISTERED_STREAMS_DEFAULT, {
    meaning: 'Most streams that may be registered.',
    unit: 'streams',
  }),
  eventDays: decimal(0, 3650, RETENTION_DEFAULTS.maxDays, { meaning: 'Events are kept for so long.', unit: 'days' }),
  eventCount: integer(0, 100_000_000, RETENTION_DEFAULTS.maxEvents, {
    meaning: 'Events that are kept at most; the oldest go first.',
    unit: 'events',
  }),
  timetable: optionalText({
    meaning: 'File that says when people are expected, for [presence](attendance.md#a-timetable): late, absent, left early.',
    expects: 'a file',
    defaultText: 'none: nobody is late or absent',
  }),
  drainTimeoutMs: integer(100, 600_000, 15_000, {
    meaning: 'Longest time that shutting down may take before it is cut short (exit code 1).',
    unit: 'ms',
  }),
  logLevel: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info', {
    meaning: 'Least level that is logged.',
  }),
});

export type Settings = z.infer<typeof settingsSchema>;
export type SettingName = keyof Settings;
export const SETTING_NAMES = Object.keys(settingsSchema.shape) as readonly SettingName[];

/** `maxFrameBytes` → `ONLOOKER_MAX_FRAME_BYTES`. */
export function environmentName(name: SettingName): string {
  return `ONLOOKER_${name.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase()}`;
}

export function settingNotes(name: SettingName): SettingNotes {
  const found = notes.get(settingsSchema.shape[name]);
  if (found === undefined) throw new Error(`setting ${name} has no notes`);
  return found;
}

/** What is in force when nobody says anything; undefined where the pack decides. */
export function settingDefault(name: SettingName): Settings[SettingName] {
  return settingsSchema.shape[name].parse(undefined);
}
