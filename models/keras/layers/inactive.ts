// Layers that do something while a net is trained and nothing when it is used.
import { input, type ConvertLayer, type LayerGroup } from './layer.js';

const nothing: ConvertLayer = (call) => input(call);

export const layers: LayerGroup = {
  ActivityRegularization: nothing,
  AlphaDropout: nothing,
  Dropout: nothing,
  GaussianDropout: nothing,
  GaussianNoise: nothing,
  Identity: nothing,
  SpatialDropout2D: nothing,
  RandomBrightness: nothing,
  RandomContrast: nothing,
  RandomFlip: nothing,
  RandomRotation: nothing,
  RandomTranslation: nothing,
  RandomZoom: nothing,
};
