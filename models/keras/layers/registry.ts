// Finds what converts a layer by its class name. A new group of layers is one file and a line here.
import { layers as activations } from './activations.js';
import { layers as batchNormalization } from './batch-normalization.js';
import { layers as convolution } from './convolution.js';
import { layers as dense } from './dense.js';
import { layers as globalPooling } from './global-pooling.js';
import { layers as inactive } from './inactive.js';
import type { ConvertLayer } from './layer.js';
import { layers as merging } from './merging.js';
import { layers as paddingAndCropping } from './padding-and-cropping.js';
import { layers as pooling } from './pooling.js';
import { layers as preprocessing } from './preprocessing.js';
import { layers as resampling } from './resampling.js';
import { layers as reshaping } from './reshaping.js';
import { layers as transposedConvolution } from './transposed-convolution.js';

const CONVERTERS = new Map<string, ConvertLayer>(
  [
    activations,
    batchNormalization,
    convolution,
    dense,
    globalPooling,
    inactive,
    merging,
    paddingAndCropping,
    pooling,
    preprocessing,
    resampling,
    reshaping,
    transposedConvolution,
  ].flatMap((group) => Object.entries(group)),
);

export function converterOf(className: string): ConvertLayer | undefined {
  return CONVERTERS.get(className);
}
