// The fields of `open` in the pipeline's words.
import type { OpenFields } from '../protocol/messages.js';
import type { RecogniseOptions } from '../pipeline/streams/stream-options.js';

type Asked = Pick<
  OpenFields,
  'task' | 'model' | 'region' | 'min_face' | 'regions' | 'top_n' | 'threshold' | 'labels' | 'attributes'
>;

export function recogniseOptions(asked: Asked): RecogniseOptions {
  const { task, model, region, min_face: minFacePx, regions, top_n: topN, threshold, labels, attributes } = asked;
  return {
    task,
    ...(model === undefined ? {} : { model }),
    ...(region === undefined ? {} : { region }),
    ...(minFacePx === undefined ? {} : { minFacePx }),
    ...(regions === undefined
      ? {}
      : { regions: regions.map(([left, top, width, height]) => ({ left, top, width, height, isShare: true })) }),
    ...(topN === undefined ? {} : { topN }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(labels === undefined ? {} : { labels }),
    ...(attributes === undefined ? {} : { attributes }),
  };
}
