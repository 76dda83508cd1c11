// Embedders fed as ArcFace's are (Deng et al., "ArcFace: additive angular margin loss for deep face recognition"): a crop
// of 112x112 that five points are aligned in. Others of that feeding (SFace, MobileFaceNet, AdaFace) differ only in mean
// and scale, which their manifests override.
import type { EmbedderFamily } from '../family.js';
import { itemOf, onlyOutput } from '../outputs.js';

export const family: EmbedderFamily = {
  kind: 'embedder',
  input: { name: 'input', width: 112, height: 112, colour: 'rgb', mean: 127, scale: 1 / 128, fit: 'stretch' },
  template: [38.2946, 51.6963, 73.5318, 51.5014, 56.0252, 71.7366, 41.5493, 92.3655, 70.7299, 92.2041],
  decode: (outputs, index) => itemOf(onlyOutput(outputs), index),
};
