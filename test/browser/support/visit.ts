// Somebody in front of a camera for a moment.
import { setTimeout as sleep } from 'node:timers/promises';
import { OnlookerClient } from '../../../clients/client.js';

const FRAMES = 12;
const FRAME_MS = 60;

/** Shows one picture to the service as the frames of a stream; the leave is told when the stream is closed. */
export async function visit(url: string, stream: string, image: Uint8Array): Promise<void> {
  const client = await OnlookerClient.connect(url);
  try {
    const camera = await client.open({ stream, thumbnails: true });
    for (let frame = 0; frame < FRAMES; frame++) {
      await camera.send(image, { ts: Date.now() });
      await sleep(FRAME_MS);
    }
    await camera.close();
  } finally {
    await client.close();
  }
}
