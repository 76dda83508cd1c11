// A process of its own that watches the camera whose address it is given, and says so with its first frame: to be killed.
import { CameraSource } from '../../pipeline/sources/camera-source.js';

const url = process.argv[2] ?? '';
new CameraSource(
  { id: 'door', url },
  { onFrame: () => void process.stdout.write('frame\n'), onState: () => undefined, rules: {} },
).start();
