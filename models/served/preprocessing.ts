// The usual ways to scale pixels before a network, by name. As in keras.applications: each of its modules has a `preprocess_input`
// (https://github.com/keras-team/keras/blob/v3.5.0/keras/src/applications/imagenet_utils.py, `_preprocess_numpy_input`) whose mode is
// `tf`, `caffe` or `torch`; that of the modules whose networks scale for themselves changes nothing.

/** `(value - mean) * scale` of pixel values of 0..255, for each channel in the order of `channels`; one number serves all. */
export interface Scaling {
  readonly channels: 'rgb' | 'bgr';
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}

/** 0..1, then by ImageNet's means and deviations. */
export const IMAGENET_SCALING = {
  channels: 'rgb',
  mean: [0.485, 0.456, 0.406].map((mean) => mean * 255),
  scale: [0.229, 0.224, 0.225].map((deviation) => 1 / (deviation * 255)),
} as const satisfies Scaling;

const MODES = {
  /** -1..1. */
  tf: { channels: 'rgb', mean: [127.5], scale: [1 / 127.5] },
  /** Blue first, ImageNet's means taken off, not scaled. */
  caffe: { channels: 'bgr', mean: [103.939, 116.779, 123.68], scale: [1] },
  torch: IMAGENET_SCALING,
  /** As they are, 0..255. */
  none: { channels: 'rgb', mean: [0], scale: [1] },
} as const satisfies Record<string, Scaling>;

/** Modules of keras.applications by what their `preprocess_input` does. */
const KERAS_MODULES: Readonly<Record<keyof typeof MODES, readonly string[]>> = {
  tf: ['inception_v3', 'inception_resnet_v2', 'mobilenet', 'mobilenet_v2', 'nasnet', 'resnet_v2', 'xception'],
  caffe: ['resnet', 'resnet50', 'vgg16', 'vgg19'],
  torch: ['densenet'],
  none: ['convnext', 'efficientnet', 'efficientnet_v2', 'mobilenet_v3', 'regnet', 'resnet_rs'],
};

const BY_NAME: ReadonlyMap<string, Scaling> = new Map(
  Object.entries(KERAS_MODULES).flatMap(([mode, modules]) =>
    [mode, ...modules].map((name) => [name, MODES[mode as keyof typeof MODES]] as const),
  ),
);

/** Every name that is known, sorted. */
export const PREPROCESSING_NAMES: readonly string[] = [...BY_NAME.keys()].sort();

/** The scaling of that name; undefined where it is none of `PREPROCESSING_NAMES`. */
export function scalingNamed(name: string): Scaling | undefined {
  return BY_NAME.get(name);
}
