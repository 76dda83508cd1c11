// The one way by which this service reaches a camera: its name is looked up once, every address that it leads to is judged,
// and exactly those are connected to. So a name that changes between the look and the connection leads nowhere else.
import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type LookupFunction, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterRunning } from '../threads/running-time.js';
import { connectionFailure, ENDED_EARLY, NO_CAMERA, NO_DATA, NO_VIDEO, UNANSWERED, type Failure } from './failure.js';
import type { CameraAddress, SourceAddress } from './source-address.js';
import { isAllowed, isThisMachine, refusalOf, type HostRules } from './source-hosts.js';

export interface ConnectionOptions {
  readonly rules: HostRules;
  /** For the name, the connection and, where there is one, the TLS handshake together. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Reads into a buffer of the caller's, and then gives no `data` events; not with TLS. */
  readonly onread?: OnReadOpts;
}

/** @returns a connected socket, whose errors have a listener; or why there is none. Never rejects */
export async function connectCamera(address: CameraAddress, options: ConnectionOptions): Promise<Socket | Failure> {
  const limit = new AbortController();
  const giveUp = (): void => limit.abort();
  const cancel = afterRunning(options.timeoutMs, giveUp);
  // The signal outlives thousands of connections.
  options.signal.addEventListener('abort', giveUp, { once: true });
  if (options.signal.aborted) giveUp();
  try {
    return await connected(address, options, limit.signal);
  } finally {
    cancel();
    options.signal.removeEventListener('abort', giveUp);
  }
}

async function connected(
  address: CameraAddress,
  { rules, onread }: ConnectionOptions,
  limit: AbortSignal,
): Promise<Socket | Failure> {
  const found = await unlessAborted(resolved(address.host), limit);
  if (found === null || limit.aborted) return connectionFailure('ETIMEDOUT');
  if (found.length === 0) return connectionFailure('ENOTFOUND');
  for (const { address: ip } of found) {
    const refusal = refusalOf(address, ip, rules);
    if (refusal !== null) return refusal;
  }
  // Asked for by Node also where the host is a number, under its own name then.
  const judged: LookupFunction = (_host, { all }, answer) =>
    all === true ? answer(null, [...found]) : answer(null, found[0]?.address ?? '', found[0]?.family);
  const tcp = connectTcp({
    ...{ host: address.host, port: address.port, lookup: judged },
    ...(onread === undefined || address.isTls ? {} : { onread }),
  });
  const failure = await ready(tcp, 'connect', limit);
  if (failure !== null || !address.isTls) return failure ?? tcp;
  const tls = connectTls({
    socket: tcp,
    ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
    // Cameras sign their own certificates, and many speak nothing newer: it hides the picture from those who listen, no more.
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  return (await ready(tls, 'secureConnect', limit)) ?? tls;
}

async function resolved(host: string): Promise<readonly { address: string; family: number }[]> {
  const family = isIP(host);
  return family === 0 ? lookup(host, { all: true }).catch(() => []) : [{ address: host, family }];
}

/** @returns null when it is; else why not, and then nothing of it is left */
function ready(socket: Socket, event: 'connect' | 'secureConnect', limit: AbortSignal): Promise<Failure | null> {
  return new Promise((resolve) => {
    const settle = (failure: Failure | null): void => {
      limit.removeEventListener('abort', giveUp);
      if (failure !== null) socket.destroy();
      resolve(failure);
    };
    const giveUp = (): void => settle(connectionFailure('ETIMEDOUT'));
    limit.addEventListener('abort', giveUp, { once: true });
    socket.once(event, () => settle(null));
    // Stays: errors after this one must find a listener too.
    socket.on('error', (error: NodeJS.ErrnoException) => settle(connectionFailure(error.code)));
    socket.once('close', () => settle(connectionFailure(undefined)));
    if (limit.aborted) giveUp();
  });
}

/** Looking a name up cannot be called off; nobody waits for it then. */
function unlessAborted<T>(work: Promise<T>, limit: AbortSignal): Promise<T | null> {
  return new Promise((resolve) => {
    limit.addEventListener('abort', () => resolve(null), { once: true });
    void work.then(resolve);
  });
}

/** What tells an open port from a closed one, or what listens there. */
const TELLING: readonly (Failure | null)[] = [ENDED_EARLY, NO_DATA, NO_VIDEO, UNANSWERED];

/**
 * The failure as it is told. To those who ask from other machines it says of this one only that there is no camera, so that
 * they do not find out which services it runs.
 */
export async function veiled<T extends Failure | null>(
  failure: T,
  address: SourceAddress,
  rules: HostRules,
): Promise<T | Failure> {
  if (failure === null || address.kind === 'media' || rules.servesOthers?.() !== true) return failure;
  if (failure.kind !== 'unreachable' && !TELLING.includes(failure)) return failure;
  const isHidden = (await resolved(address.host)).some(({ address: ip }) => isThisMachine(ip) && !isAllowed(address, ip, rules));
  return isHidden ? { ...NO_CAMERA, kind: failure.kind } : failure;
}
