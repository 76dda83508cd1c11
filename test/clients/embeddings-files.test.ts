// Files of named embeddings as other systems leave them, in each format that is read. pickles.json was written by Python with NumPy 2.4.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { embeddingsInCsv } from '../../clients/people/embeddings/from-csv.js';
import { embeddingsInNpy } from '../../clients/people/embeddings/from-npy.js';
import { embeddingsInPickle } from '../../clients/people/embeddings/from-pickle.js';
import { embeddingsIn } from '../../clients/people/embeddings/from-values.js';
import type { EmbeddingsFile, NamedEmbedding } from '../../clients/people/embeddings/named-embedding.js';
import { CommandError } from '../../clients/terminal/failure.js';
import { npyOf } from './npy.js';

const PICKLES = JSON.parse(readFileSync(new URL('pickles.json', import.meta.url), 'utf8')) as Readonly<
  Record<'read' | 'refused', Readonly<Record<string, string>>>
>;
const PEOPLE = [
  ['Ada', [3, 4, 0, 0]],
  ['Bob', [0, 1, 0, 0]],
  ['Bob', [0, 0, 1, 0]],
];

const file = (bytes: Buffer | string, names: readonly string[] | null = null): EmbeddingsFile => ({
  path: 'people.file',
  bytes: Buffer.from(bytes),
  names,
});
const told = (found: readonly NamedEmbedding[]) => found.map(({ name, numbers }) => [name, Array.from(numbers)]);

describe('a pickle', () => {
  test.each(Object.entries(PICKLES.read))('with %s is read', (_, text) => {
    expect(told(embeddingsInPickle(file(Buffer.from(text, 'base64'))))).toEqual(PEOPLE);
  });

  test.each(Object.entries(PICKLES.refused))('is refused for %s, by name and never run', (what, text) => {
    const why = what === 'cut off' ? 'no pickle that can be read, or cut off' : what;
    const read = () => embeddingsInPickle(file(Buffer.from(text, 'base64')));
    expect(read).toThrow(CommandError);
    expect(read).toThrow(why);
    expect(read).toThrow(/^people\.file: /);
  });

  test.each<[string, readonly number[]]>([
    // BINBYTES of -5: back to itself.
    ['a length below zero', [0x80, 3, 0x42, 0xfb, 0xff, 0xff, 0xff, 0x2e]],
    ['no usual length', [0x80, 3, 0x8b, 0, 0, 0, 1, 0x2e]],
  ])('with %s ends', (_, bytes) => {
    expect(() => embeddingsInPickle(file(Buffer.from(bytes)))).toThrow(/^people\.file: /);
  });

  test('that refers to its lists again and again is read once, or refused', () => {
    // A list of a thousand references to a list of a thousand references, five deep.
    const level = (at: number): number[] => [
      ...[0x5d, 0x94, 0x28],
      ...(at === 0 ? new Array<number>(1000).fill(0x4e) : Array.from({ length: 1000 }, () => [0x68, at - 1]).flat()),
      0x65,
    ];
    const bytes = Buffer.from([0x80, 4, 0x5d, 0x94, 0x28, ...[0, 1, 2, 3, 4, 5].flatMap(level), 0x65, 0x2e]);
    expect(() => embeddingsInPickle(file(bytes))).toThrow(/^people\.file: /);
  });
});

describe('JSON', () => {
  test.each<[string, unknown]>([
    ['a map of one or several', { Ada: [3, 4, 0, 0], Bob: [[0, 1, 0, 0], { embedding: [0, 0, 1, 0] }] }],
    [
      'a list of entries',
      [
        { name: 'Ada', embedding: [3, 4, 0, 0] },
        { identity: 'photos/Bob/1.jpg', vector: [0, 1, 0, 0] },
        { person: 'Bob', representation: [0, 0, 1, 0] },
      ],
    ],
  ])('of %s is read', (_, value) => {
    expect(told(embeddingsIn(value, file('')))).toEqual(PEOPLE);
  });

  test('tells ids, and the place of what is wrong', () => {
    const [entry] = embeddingsIn([{ name: 'Ada', external_id: 7, embedding: [1] }], file(''));
    expect(entry).toMatchObject({ externalId: '7', place: 'entry 1' });
    expect(() => embeddingsIn([{ name: 'Ada', embedding: [1] }, { name: 'Bob' }], file(''))).toThrow(
      'people.file: entry 2 has no numbers',
    );
    expect(() => embeddingsIn({ Ada: ['x'] }, file(''))).toThrow('people.file: entry 1 of "Ada" is no list of numbers');
    for (const value of ['Ada', {}, []]) expect(() => embeddingsIn(value, file(''))).toThrow('holds no named embeddings');
  });
});

describe('CSV', () => {
  test.each([
    ['numbers without a header', 'Ada,3,4,0,0\nBob,0,1,0,0\nBob,0,0,1,0\n'],
    ['numbered columns', 'id;name;dim_0;dim_2;dim_1;dim_3\n1;Ada;3;0;4;0\n2;Bob;0;0;1;0\n2;Bob;0;1;0;0\n'],
    ['lists', 'embedding,name\n"[3, 4, 0, 0]",Ada\n0 1 0 0,Bob\n"0,0,1,0",Bob\n'],
  ])('of %s is read', (_, text) => {
    expect(told(embeddingsInCsv(file(text)))).toEqual(PEOPLE);
  });

  test('names the line of what is wrong', () => {
    expect(() => embeddingsInCsv(file('name,0,1\nAda,1,2\nBob,1,x\n'))).toThrow(
      'people.file: line 3 holds something that is no number',
    );
    expect(() => embeddingsInCsv(file('name,0,1\nAda,1\n'))).toThrow(
      'people.file: Invalid Record Length: expect 3, got 2 on line 2',
    );
    expect(() => embeddingsInCsv(file('name,colour\nAda,red\n'))).toThrow('no column holds an embedding');
    expect(() => embeddingsInCsv(file('name,e0,e2,age1\nAda,1,2,3\n'))).toThrow('are not one sequence');
    expect(() => embeddingsInCsv(file('name,e0\n'))).toThrow('it holds no lines');
    expect(embeddingsInCsv(file('name\te0\nLovelace, Ada\t1\n'))[0]?.name).toBe('Lovelace, Ada');
  });
});

describe('NPY', () => {
  const rows = [
    [3, 4, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
  ];

  test.each(['<f4', '<f8', '>f4'] as const)('of %s is read with the names that stand beside it', (dtype) => {
    expect(told(embeddingsInNpy(file(npyOf(rows, dtype), ['Ada', 'Bob', 'Bob'])))).toEqual(PEOPLE);
  });

  test('that does not fit is told', () => {
    const bytes = npyOf(rows, '<f4');
    expect(() => embeddingsInNpy(file(bytes))).toThrow('--names');
    expect(() => embeddingsInNpy(file(bytes, ['Ada']))).toThrow('it has 3 rows, and there are 1 names');
    expect(() => embeddingsInNpy(file(bytes.subarray(0, -4), ['A', 'B', 'C']))).toThrow('cut off');
    expect(() => embeddingsInNpy(file('PK\x03\x04', []))).toThrow('it is no .npy file');
    const odd = Buffer.from(bytes.toString('latin1').replace("'<f4'", "'|O' "), 'latin1');
    expect(() => embeddingsInNpy(file(odd, ['A', 'B', 'C']))).toThrow('its numbers are |O');
  });
});
