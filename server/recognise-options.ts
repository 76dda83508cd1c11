// The fields of `open` in the pipeline's words.
import type { OpenFields } from '../protocol/messages.js';
import type { RecogniseOptions } from '../pipeline/streams/stream-options.js';

type Asked = Pick<OpenFields, 'task' | 'model' | 'region' | 'min_face'>;

export function recogniseOptions({ task, model, region, min_face: minFacePx }: Asked): RecogniseOptions {
  return {
    task,
    ...(model === undefined ? {} : { model }),
    ...(region === undefined ? {} : { region }),
    ...(minFacePx === undefined ? {} : { minFacePx }),
  };
}
