// How Keras files are converted: loaded when one is there, for most services never see one.
import type { KerasConverter } from '../served/keras-graph.js';

/** Raised whenever a Keras file would be converted to another graph than before. */
const VERSION = 1;

export const keras: KerasConverter = {
  version: VERSION,
  convert: async (from, to) => (await import('./convert-keras.js')).convertKeras(from, to),
};
