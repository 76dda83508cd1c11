// What the service is given by the program, since it may not know where that comes from.
import type { DrawFaces } from './draw-faces.js';

export interface GivenParts {
  /** Used for snapshots with boxes and names. */
  readonly draw: DrawFaces;
  /** Folder of what browsers get: the console and the client. Where it is not there, there is neither. */
  readonly webDir: string;
}
