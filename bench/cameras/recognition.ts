// How long it takes until somebody is told: from the first frame in which he can be seen to `identify` at a subscriber.
import { createHttpClient } from '../../clients/http-client.js';
import { summaryOf, type Summary } from '../statistics.js';
import { sharedClockMs } from './camera-protocol.js';
import type { CameraWall } from './camera-wall.js';
import { Follower } from './follower.js';
import type { Guard } from './guard.js';

export interface Recognition {
  readonly fps: number;
  /** From the first frame that shows him leaving the camera to `identify`. */
  readonly fromFaceMs: Summary;
  /** From the request that registers the camera to it. */
  readonly fromRequestMs: Summary;
  readonly eachMs: readonly number[];
}

/**
 * Registers a camera anew for each run, since somebody who was told is not told again for a while.
 *
 * @param films with how many frames of the empty scene each begins; taken in turns
 */
export async function measureRecognition(
  guard: Guard,
  wall: CameraWall,
  films: readonly { readonly film: string; readonly emptyFrames: number }[],
  runs: number,
  fps: number,
): Promise<Recognition> {
  const http = createHttpClient(guard.service.url);
  const follower = await Follower.of(guard.service.wsUrl, 'events');
  const fromFaceMs: number[] = [];
  const fromRequestMs: number[] = [];
  try {
    for (let run = 0; run < runs; run++) {
      const { film, emptyFrames } = films[run % films.length] ?? { film: '', emptyFrames: 0 };
      const id = `${film}-${fps}-${run}`;
      const url = await wall.start(id, film);
      const askedMs = sharedClockMs();
      await http.streams.add({ id, url, fps });
      const { atMs } = await follower.event(id, 'identify');
      const { sentAtMs } = await wall.report(id);
      fromFaceMs.push(atMs - (sentAtMs[emptyFrames] ?? NaN));
      fromRequestMs.push(atMs - askedMs);
      await http.streams.remove(id);
      await wall.stop(id);
      follower.forget();
    }
  } finally {
    await follower.close();
  }
  return { fps, fromFaceMs: summaryOf(fromFaceMs), fromRequestMs: summaryOf(fromRequestMs), eachMs: fromFaceMs };
}
