// The process of the cameras: real RTSP servers that send films which were encoded beforehand. It stands for other
// machines, so what it costs is told apart from the service.
import { constants, setPriority } from 'node:os';
import type { RtpClip } from '../../test/sources/camera/rtp-clip.js';
import { serveClip, type Camera } from '../../test/sources/camera/rtsp-camera.js';
import { answerParent } from '../child.js';
import { sharedClockMs, type CameraQuestion, type CameraReport } from './camera-protocol.js';
import { recordFilm } from './film.js';

const films = new Map<string, RtpClip>();
const cameras = new Map<string, Camera>();
/** From `performance.now()` of this process to the clock of all. */
const clockOffsetMs = sharedClockMs() - performance.now();

try {
  // Cameras keep their own time: here they come before the service, where the system lets them.
  setPriority(constants.priority.PRIORITY_HIGH);
} catch {
  // Without the right to it, a camera that is late shows in the latency.
}
answerParent(answer, async () => {
  await Promise.all([...cameras.values()].map((camera) => camera.close()));
});

async function answer(question: CameraQuestion): Promise<CameraReport> {
  if (question.kind === 'film') {
    films.set(question.film, await recordFilm(question.settings));
    return report(undefined);
  }
  if (question.kind === 'start') {
    const clip = films.get(question.film);
    if (clip === undefined) throw new Error(`no film ${question.film}`);
    const camera = await serveClip(clip);
    cameras.set(question.camera, camera);
    return report(camera);
  }
  const camera = cameras.get(question.camera);
  if (camera === undefined) throw new Error(`no camera ${question.camera}`);
  if (question.kind === 'drop') camera.dropViewers();
  if (question.kind === 'outage') await outage(camera, question.forMs);
  if (question.kind === 'stop') {
    cameras.delete(question.camera);
    await camera.close();
  }
  return report(camera);
}

async function outage(camera: Camera, forMs: number): Promise<void> {
  await camera.kill();
  await new Promise((resolve) => setTimeout(resolve, forMs));
  await camera.restart();
}

function report(camera: Camera | undefined): CameraReport {
  const { user, system } = process.cpuUsage();
  return {
    url: camera?.url ?? '',
    sentAtMs: camera?.sentAtMs.map((ms) => ms + clockOffsetMs) ?? [],
    viewers: camera?.viewers.total ?? 0,
    cpuMs: (user + system) / 1000,
  };
}
