// Frames that nobody is to be found in: what came of one, and a task that finds nothing else.
import type { Cacheable } from '../../pipeline/streams/frame-cache.js';
import type { TaskFrame, TaskStream } from '../../pipeline/streams/task.js';
import type { Faces, WorkedFaces } from '../../pipeline/tasks/faces/face-job.js';

export const NOBODY: WorkedFaces = {
  width: 1,
  height: 1,
  result: [],
  isCarried: false,
  stages: { decode: 1, preprocess: 1, infer: 1, match: 1 },
};

/** A frame of that task. */
export function frameOfNobody(cacheable: Cacheable<Faces> | null = null): TaskFrame<Faces> {
  return {
    job: { inputs: [], mayGlance: false, glance: () => Promise.resolve(null), run: () => Promise.resolve([]) },
    cacheable,
    answer: () => ({ model: 'm', gallery_version: 0, faces: [] }),
    abandon: () => undefined,
  };
}

export const streamOfNobody: TaskStream = {
  begin: () => frameOfNobody(),
  beginUnseen: () => null,
  tick: () => undefined,
  end: () => Promise.resolve(),
};
