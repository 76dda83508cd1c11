// Asks whether a camera is there at all, without starting ffmpeg: one connection, and for RTSP one question without
// credentials. So a camera that is away is asked every second at no cost, and is picked up at once when it is back.
import { connect, type Socket } from 'node:net';
import { connectionFailure, type Failure } from './failure.js';
import type { CameraAddress } from './source-address.js';

/**
 * @param connectMs how long the connection, and then the answer, may take
 * @returns why an attempt is of no use now, or null: worth one. Silence after connecting is worth one, since an answer
 *   may take cameras longer, and one that is frozen goes on in the middle of the attempt
 */
export async function knock(address: CameraAddress, connectMs: number, signal: AbortSignal): Promise<Failure | null> {
  if (signal.aborted) return null;
  const socket = connect({ host: address.host, port: address.port });
  const abandon = (): void => void socket.destroy();
  signal.addEventListener('abort', abandon);
  try {
    const failure = await connected(socket, connectMs);
    if (failure !== null || address.kind !== 'rtsp' || address.isTls) return failure;
    return await described(socket, address, connectMs);
  } finally {
    // The signal outlives thousands of knocks.
    signal.removeEventListener('abort', abandon);
    socket.destroy();
  }
}

function connected(socket: Socket, connectMs: number): Promise<Failure | null> {
  return new Promise((resolve) => {
    socket.setTimeout(connectMs, () => resolve(connectionFailure('ETIMEDOUT')));
    socket.once('connect', () => resolve(null));
    // Stays: errors after this one must find a listener too.
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(connectionFailure(error.code)));
    socket.once('close', () => resolve(connectionFailure(undefined)));
  });
}

/** The path may be gone while its server is there, as with the restreamers of many houses. */
function described(socket: Socket, address: CameraAddress, answerMs: number): Promise<Failure | null> {
  return new Promise((resolve) => {
    let answer = '';
    socket.setTimeout(answerMs, () => resolve(null));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      const status = Number(/^RTSP\/1\.0 (\d{3})/.exec(answer)?.[1] ?? 0);
      if (status === 404) resolve({ kind: 'unreachable', reason: 'the camera has nothing at this path' });
      else if (status >= 500) resolve({ kind: 'unreachable', reason: 'the camera says it cannot serve now' });
      else if (status > 0 || answer.length > 64) resolve(null);
    });
    socket.once('close', () => resolve(null));
    socket.write(`DESCRIBE ${withoutCredentials(address.url)} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n`);
  });
}

function withoutCredentials(url: string): string {
  return url.replace(/^(rtsps?:\/\/)[^/?#]*@/, '$1');
}
