// manifest.json of a served model: what its author knows and the graph does not tell. Everything in it may be left out.
// Reads and checks it; must never open the model.
import { z } from 'zod';
import { ModelError, reasonOf } from '../model-error.js';
import { PREPROCESSING_NAMES, scalingNamed } from './preprocessing.js';

const oneOrEach = (number: z.ZodNumber) => z.union([number, z.array(number).min(1).max(3)]);
const side = z.int().positive().max(8192);

const input = z
  .strictObject({
    /** Only where the graph has several. */
    name: z.string().min(1).optional(),
    width: side.optional(),
    height: side.optional(),
    layout: z.enum(['nchw', 'nhwc']).optional(),
    channels: z.enum(['rgb', 'bgr', 'grey']).optional(),
    /** A name of `PREPROCESSING_NAMES`, or else `mean` and `scale`: `(value - mean) * scale`. */
    preprocessing: z.string().optional(),
    mean: oneOrEach(z.number()).optional(),
    scale: oneOrEach(z.number().refine((value) => value !== 0, 'expected another number than 0')).optional(),
    resample: z.enum(['bilinear', 'area', 'antialias']).optional(),
    fit: z.enum(['stretch', 'letterbox', 'crop']).optional(),
    fill: z.int().min(0).max(255).optional(),
  })
  .superRefine(({ preprocessing, mean, scale }, context) => {
    if (preprocessing === undefined) return;
    if (scalingNamed(preprocessing) === undefined) {
      const message = `"${preprocessing}" is none of ${PREPROCESSING_NAMES.join(', ')}`;
      context.addIssue({ code: 'custom', path: ['preprocessing'], message });
    } else if (mean !== undefined || scale !== undefined) {
      context.addIssue({ code: 'custom', path: ['preprocessing'], message: 'expected either a name or mean and scale' });
    }
  });

const manifestSchema = z.strictObject({
  task: z.enum(['classify', 'objects']).optional(),
  description: z.string().min(1).optional(),
  /** How an object detector's outputs are read. */
  family: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected a name such as yolov8')
    .optional(),
  /** Of the model file, unpacked. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits')
    .optional(),
  input: input.optional(),
  /** Name of the output that holds the classes, only where the graph has several. */
  output: z.string().min(1).optional(),
  /** What is still to be done to the outputs. */
  activation: z.enum(['none', 'softmax', 'sigmoid']).optional(),
  licence: z.strictObject({ id: z.string().min(1), caveats: z.array(z.string().min(1)).default([]) }).optional(),
});

export type ServedManifest = Readonly<z.infer<typeof manifestSchema>>;
export type InputSettings = NonNullable<ServedManifest['input']>;

/**
 * Checks a manifest's text.
 * @throws ModelError `BAD_MANIFEST`: one line that names every wrong place by its path
 */
export function parseServedManifest(text: string, path: string): ServedManifest {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new ModelError('BAD_MANIFEST', `${path} is not JSON: ${reasonOf(error)}`, { cause: error });
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`);
  throw new ModelError('BAD_MANIFEST', `${path}: ${wrong.join('; ')}`);
}

/** What several say, the first that says something going before: a setting of the environment, a manifest, a family. */
export function mergedManifest(...manifests: readonly ServedManifest[]): ServedManifest {
  return manifests.reduceRight<ServedManifest>(
    (under, over) => ({ ...under, ...over, input: mergedInput(over.input ?? {}, under.input ?? {}) }),
    {},
  );
}

function mergedInput(over: InputSettings, under: InputSettings): InputSettings {
  const scales = over.preprocessing !== undefined || over.mean !== undefined || over.scale !== undefined;
  const merged = { ...under, ...over };
  if (!scales) return merged;
  // A way to scale is one thing: parts of two do not mix.
  const { preprocessing: _name, mean: _mean, scale: _scale, ...rest } = merged;
  const { preprocessing, mean, scale } = over;
  return {
    ...rest,
    ...(preprocessing === undefined ? {} : { preprocessing }),
    ...(mean === undefined ? {} : { mean }),
    ...(scale === undefined ? {} : { scale }),
  };
}
