// `--compat insightface`: a service around InsightFace (`POST /embed` of faces that clients have cut out, `POST /detect` of pictures).
import { hundredths } from '../../pipeline/geometry/box.js';
import type { DetectedFace, EmbeddedFace, FacesFound } from '../../protocol/payloads.js';
import type { Exchange } from '../http/exchange.js';
import { answering } from './answers.js';
import type { CompatContext, CompatMode } from './compat-mode.js';
import { Form } from './form.js';
import { integer, ours } from './variables.js';

const PORT = 5555;
const FLAG = 'include_embeddings';
/** What it told of each face beside where it is. */
const ATTRIBUTES = ['age', 'gender'] as const;

export const insightface: CompatMode = (env) =>
  Promise.resolve({
    environment: ours({
      ONLOOKER_PORT: integer(env, 'PORT', 1, 65_535) ?? PORT,
      // Those of them that the pack can tell.
      ONLOOKER_ATTRIBUTES: ATTRIBUTES.join(','),
    }),
    given: null,
    routes: (context) => {
      const handle = (work: (exchange: Exchange, context: CompatContext) => Promise<unknown>) =>
        answering(context.state, (exchange) => work(exchange, context));
      return [
        { method: 'POST', pattern: '/embed', right: 'recognise', handle: handle(embed) },
        { method: 'POST', pattern: '/detect', right: 'recognise', handle: handle(detect) },
      ];
    },
  });

async function embed(exchange: Exchange, { state, maxFrameBytes }: CompatContext): Promise<unknown> {
  const { faces } = state.requirePipeline();
  const image = (await Form.of(exchange, maxFrameBytes)).file('file');
  const { model, embedding } = await faces.embedAligned(image, exchange.signal);
  return { embedding: [...embedding], embedding_dim: embedding.length, model };
}

async function detect(exchange: Exchange, { state, maxFrameBytes }: CompatContext): Promise<unknown> {
  const pipeline = state.requirePipeline();
  const form = await Form.of(exchange, maxFrameBytes);
  const image = form.file('file');
  const task = form.flag(FLAG, exchange.query) ? ('embed' as const) : ('detect' as const);
  const loaded = new Set(pipeline.faces.attributes);
  const attributes = ATTRIBUTES.filter((name) => loaded.has(name));
  const options = { task, ...(attributes.length === 0 ? {} : { attributes }) } as const;
  const found = (await pipeline.recognise(image, options, exchange.signal)) as FacesFound & { readonly model: string };
  return { faces: found.faces.map(faceOf), count: found.faces.length, model: found.model };
}

/** By the names of InsightFace's own `Face`. */
function faceOf(face: DetectedFace | EmbeddedFace) {
  const { box, landmarks, score, attributes } = face;
  const [left, top, width, height] = box;
  const { age, gender } = attributes ?? {};
  return {
    bbox: [left, top, hundredths(left + width), hundredths(top + height)],
    kps: landmarks,
    det_score: score,
    age: age === undefined ? null : Math.round(age),
    gender: gender === undefined ? null : gender.label === 'man' ? 'M' : 'F',
    ...('embedding' in face ? { embedding: numbersOf(face.embedding) } : {}),
  };
}

/** @param bytes little-endian float32 */
function numbersOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 4 }, (_, index) => view.getFloat32(index * 4, true));
}
