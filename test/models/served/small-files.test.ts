// What lies beside a model in its folder: labels, thresholds, versions, and the names of ways to scale pixels.
import { expect, test } from 'vitest';
import { parseClasses } from '../../../models/served/classes.js';
import { PREPROCESSING_NAMES, scalingNamed } from '../../../models/served/preprocessing.js';
import { parseThresholds } from '../../../models/served/thresholds.js';
import { compareVersions, latestOf } from '../../../models/served/version-order.js';

test.each([
  ['one a line', 'ant\nbee\n', ['ant', 'bee']],
  ['a byte order mark, and lines as Windows ends them', '\uFEFFant\r\nbee\r\n', ['ant', 'bee']],
  ['no end of the last line', 'ant\nbee', ['ant', 'bee']],
  ['blank lines at the end', 'ant\nbee\n\n  \r\n\n', ['ant', 'bee']],
  ['one label for two classes, as ImageNet has it', 'crane\nbee\ncrane\n', ['crane', 'bee', 'crane']],
  ['old line ends, spaces around, accents, commas', ' ant \rÁrbol, común\r', ['ant', 'Árbol, común']],
])('labels are read: %s', (_, text, labels) => {
  expect(parseClasses(text, 'classes.txt')).toEqual(labels);
});

test.each([
  ['an empty label', 'ant\n\nbee\n', /classes\.txt, line 2: the label is empty/],
  ['a label of spaces', 'ant\n  \nbee\n', /classes\.txt, line 2: the label is empty/],
  ['no label', '\uFEFF\r\n\n', /classes\.txt has no labels/],
])('labels are refused: %s', (_, text, message) => {
  expect(() => parseClasses(text, 'classes.txt')).toThrow(message);
});

const HEADER = 'classname,top1_minval,top1_maxval,top2_minval,top2_maxval,correct_percentage';
const CLASSES = ['Acer campestre leaf', 'Zea mays ear', 'constructor'];
function thresholdsOf(...lines: string[]) {
  return parseThresholds(lines.join('\n'), 'thresholds.csv', CLASSES);
}

test('thresholds are read by the names of their columns, in any order, quoted or not', () => {
  expect(thresholdsOf(HEADER, 'Acer campestre leaf,.5,1,0.1,3e-1,0.8', '"Zea mays ear",1,1,1,1,1', '')).toEqual({
    'Acer campestre leaf': { top1Min: 0.5, top1Max: 1, top2Min: 0.1, top2Max: 0.3, correct: 0.8 },
    'Zea mays ear': { top1Min: 1, top1Max: 1, top2Min: 1, top2Max: 1, correct: 1 },
  });
  const turned = thresholdsOf(
    '\uFEFFnote, correct_percentage,top2_maxval,top2_minval,top1_maxval,top1_minval,classname\r',
    'x,5,4,3,2,1,constructor\r',
  );
  expect(turned).toEqual({ constructor: { top1Min: 1, top1Max: 2, top2Min: 3, top2Max: 4, correct: 5 } });
  expect(thresholdsOf(HEADER)).toEqual({});
});

test('what is no number counts as -1', () => {
  for (const word of ['', 'n/a', 'nan', '-', '0x1F', '1.2.3', '"0,5"', 'inf', 'true', '1e999']) {
    expect(thresholdsOf(HEADER, `Zea mays ear,${word},1,1,1,1`)['Zea mays ear']?.top1Min).toBe(-1);
  }
});

test.each([
  [
    'too few fields',
    [HEADER, 'Zea mays ear,1,1,1,1,1', 'Acer campestre leaf,1,1'],
    /thresholds\.csv, line 3: .*columns length is 6, got 3$/,
  ],
  ['too many fields', [HEADER, 'Zea mays ear,1,1,1,1,1,1'], /thresholds\.csv, line 2: .*columns length is 6, got 7$/],
  ['a quote that does not end', [HEADER, '"Zea mays ear,1,1,1,1,1'], /thresholds\.csv, line 2: Quote Not Closed/i],
  [
    'a column is missing',
    ['classname,top1_minval', 'Zea mays ear,1'],
    /thresholds\.csv, line 1: no column top1_maxval, top2_minval/,
  ],
  ['a column twice', [`${HEADER},classname`], /thresholds\.csv, line 1: the column classname is there twice/],
  ['nothing at all', [''], /thresholds\.csv, line 1: the file is empty/],
  [
    'a class twice',
    [HEADER, 'Zea mays ear,1,1,1,1,1', '', 'Zea mays ear,1,1,1,1,1'],
    /line 4: the class "Zea mays ear" has a line/,
  ],
  ['no class', [HEADER, ',1,1,1,1,1'], /thresholds\.csv, line 2: classname is empty/],
  ['an unknown class', [HEADER, 'Zea,1,1,1,1,1', 'Zea mays ear,1,1,1,1,1'], /for classes that the model does not have: "Zea"$/],
  [
    'many unknown classes',
    [HEADER, ...Array.from({ length: 8 }, (_, index) => `x${index},1,1,1,1,1`)],
    /not have: "x0", "x1", "x2", "x3", "x4" and 3 more$/,
  ],
])('thresholds are refused: %s', (_, lines, message) => {
  expect(() => thresholdsOf(...lines)).toThrow(message);
});

test('versions are in the order that people expect', () => {
  const sorted = ['alpha9', 'alpha10', '0.9.0', '1.0.0-rc.2', '1.0.0-rc.10', '1.0.0', 'v1.2', '1.10', '2', '20240131'];
  expect([...sorted].reverse().sort(compareVersions)).toEqual(sorted);
  expect(latestOf(sorted)).toBe('20240131');
  expect(latestOf([])).toBeUndefined();
  // Equal as versions, and still in one order, whatever order the disk has them in.
  expect(['v1.0.0', '1.0', '1'].sort(compareVersions)).toEqual(['1', 'v1.0.0', '1.0'].sort(compareVersions));
  expect(latestOf(['1', '1.0.0', 'v1'])).toBe(latestOf(['v1', '1.0.0', '1']));
});

test.each([
  ['tf', 255, [1, 1, 1]],
  ['inception_v3', 0, [-1, -1, -1]],
  // Blue, green, red.
  ['vgg16', 128, [24.061, 11.221, 4.32]],
  ['densenet', 255, [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225]],
  ['efficientnet', 200, [200, 200, 200]],
])('%s of %d is %j', (name, value, expected) => {
  const scaling = scalingNamed(name);
  const found = [0, 1, 2].map((channel) => {
    const of = (numbers: readonly number[] = []) => numbers[channel] ?? numbers[0] ?? Number.NaN;
    return (value - of(scaling?.mean)) * of(scaling?.scale);
  });
  found.forEach((number, channel) => expect(number).toBeCloseTo(expected[channel] ?? Number.NaN, 6));
});

test('every module of keras.applications is known, and no other name', () => {
  const modules =
    `convnext densenet efficientnet efficientnet_v2 inception_resnet_v2 inception_v3 mobilenet mobilenet_v2 mobilenet_v3
    nasnet regnet resnet resnet50 resnet_rs resnet_v2 vgg16 vgg19 xception tf caffe torch none`.split(/\s+/);
  expect(PREPROCESSING_NAMES).toEqual(modules.sort());
  expect(scalingNamed('constructor')).toBeUndefined();
});
