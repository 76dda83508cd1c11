// The fields of `open` where they stand in an address: `?stream=door-1&region=0,0,0.5,1`. Text is turned into the type
// of its field; whether the value is right is the schema's business.
import { openFieldsSchema, type OpenFields } from '../protocol/messages.js';
import { OnlookerError } from '../protocol/errors.js';
import { validated } from '../protocol/validated.js';

const NUMBERS = ['min_face', 'top_n', 'threshold', 'detect_every', 'deadline_ms', 'weight'] as const;
const FLAGS = ['thumbnails', 'tracking'] as const;
const TEXTS = ['stream', 'task', 'model', 'send'] as const;

const imageQuerySchema = openFieldsSchema.pick({
  model: true,
  region: true,
  min_face: true,
  regions: true,
  top_n: true,
  threshold: true,
  labels: true,
  attributes: true,
});

/** What a query asks of one image over HTTP. @throws OnlookerError BAD_MESSAGE */
export function imageQuery(query: URLSearchParams) {
  return validated(imageQuerySchema, fieldsOf(query));
}

/** The stream that an address opens, or null when it names none. @throws OnlookerError BAD_MESSAGE */
export function openQuery(query: URLSearchParams): OpenFields | null {
  const fields = fieldsOf(query);
  if (Object.keys(fields).length === 0) return null;
  if (!('stream' in fields))
    throw new OnlookerError('BAD_MESSAGE', `stream: is missing beside ${Object.keys(fields).join(', ')}`);
  return validated(openFieldsSchema, fields);
}

function fieldsOf(query: URLSearchParams): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const read = (name: string, convert: (text: string) => unknown): void => {
    const text = query.get(name);
    if (text !== null) fields[name] = convert(text);
  };
  for (const name of TEXTS) read(name, (text) => text);
  for (const name of NUMBERS) read(name, toNumber);
  const toNumbers = (text: string): unknown[] => text.split(',').map(toNumber);
  read('region', toNumbers);
  read('regions', (text) => text.split(';').map(toNumbers));
  for (const name of ['labels', 'attributes']) read(name, (text) => text.split(','));
  for (const name of FLAGS) read(name, (text) => ({ '1': true, true: true, '0': false, false: false })[text] ?? text);
  return fields;
}

/** What is no number stays text, so that the schema refuses it. */
function toNumber(text: string): unknown {
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
}
