// Which hardware can decode on this machine: tried out, since what ffmpeg was built with says nothing of what is there.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TRIAL_MS = 10_000;
/** Tried in this order for `auto`. */
const METHODS = ['cuda', 'vaapi', 'qsv', 'videotoolbox', 'd3d11va', 'vdpau'] as const;

const trials = new Map<string, Promise<boolean>>();

/**
 * @param wanted `none`, `auto` or a method of `ffmpeg -hwaccels`
 * @returns the method to decode with, or null: in software. Each method is tried once in the life of the process
 */
export async function chooseHwaccel(wanted: string): Promise<string | null> {
  if (wanted === 'none') return null;
  for (const method of wanted === 'auto' ? METHODS : [wanted]) if (await works(method)) return method;
  return null;
}

function works(method: string): Promise<boolean> {
  let trial = trials.get(method);
  if (trial === undefined) {
    trial = tryDevice(method);
    trials.set(method, trial);
  }
  return trial;
}

/** Opens the device; decodes nothing, since which codecs it has shows only with the camera's stream. */
async function tryDevice(method: string): Promise<boolean> {
  const picture = ['-f', 'lavfi', '-i', 'color=size=16x16', '-frames:v', '1', '-f', 'null', '-'];
  try {
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-init_hw_device', method, ...picture], {
      timeout: TRIAL_MS,
      killSignal: 'SIGKILL',
    });
    return true;
  } catch {
    return false;
  }
}
