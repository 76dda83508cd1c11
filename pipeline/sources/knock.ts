// Asks whether a camera is there at all, without starting ffmpeg: one connection, and for RTSP one question without
// credentials. So a camera that is away is asked every second at no cost, and is picked up at once when it is back.
import type { Socket } from 'node:net';
import { afterRunning } from '../threads/running-time.js';
import { connectCamera } from './camera-connection.js';
import type { Failure } from './failure.js';
import type { AddressRules, CameraAddress } from './source-address.js';

export interface KnockOptions {
  readonly rules: AddressRules;
  /** How long the connection, and then the answer, may take. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * @returns why an attempt is of no use now, or null: worth one. Silence after connecting is worth one, since an answer
 *   may take cameras longer, and one that is frozen goes on in the middle of the attempt
 */
export async function knock(address: CameraAddress, options: KnockOptions): Promise<Failure | null> {
  const { signal, timeoutMs } = options;
  if (signal.aborted) return null;
  // An encrypted one is asked no more than whether its port is open.
  const socket = await connectCamera({ ...address, isTls: false }, options);
  if ('reason' in socket) return socket;
  const abandon = (): void => void socket.destroy();
  signal.addEventListener('abort', abandon);
  try {
    return address.kind !== 'rtsp' || address.isTls ? null : await described(socket, address, timeoutMs);
  } finally {
    // The signal outlives thousands of knocks.
    signal.removeEventListener('abort', abandon);
    socket.destroy();
  }
}

/** The path may be gone while its server is there, as with the restreamers of many houses. */
function described(socket: Socket, address: CameraAddress, answerMs: number): Promise<Failure | null> {
  return new Promise((resolve) => {
    let answer = '';
    const cancel = afterRunning(answerMs, () => resolve(null));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      const status = Number(/^RTSP\/1\.0 (\d{3})/.exec(answer)?.[1] ?? 0);
      if (status === 404) resolve({ kind: 'unreachable', reason: 'the camera has nothing at this path' });
      else if (status >= 500) resolve({ kind: 'unreachable', reason: 'the camera says it cannot serve now' });
      else if (status > 0 || answer.length > 64) resolve(null);
    });
    socket.once('close', () => {
      cancel();
      resolve(null);
    });
    socket.write(`DESCRIBE ${address.url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n`);
  });
}
