// A process of its own that watches the camera whose address it is given, and says so with its first frame: to be killed.
// It also says what it is warned of.
import { CameraSource } from '../../pipeline/sources/camera-source.js';

const url = process.argv[2] ?? '';
const say = (fields: object, message: string): void => void process.stdout.write(`${message} ${JSON.stringify(fields)}\n`);
new CameraSource(
  { id: 'door', url },
  {
    onFrame: () => void process.stdout.write('frame\n'),
    onState: () => undefined,
    rules: {},
    log: { info: () => undefined, warn: say, error: say },
  },
).start();
