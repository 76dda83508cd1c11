// What the benchmarks are told on the command line.
import { CommanderError, type Command } from 'commander';
import { expect, test } from 'vitest';
import {
  benchCommand,
  numberList,
  serviceSettings,
  withLoad,
  withQuick,
  withTarget,
  type LoadOptions,
  type QuickOptions,
  type TargetOptions,
} from '../../bench/options.js';

function command(): Command {
  return withQuick(withTarget(withLoad(benchCommand('load', 'test'), 4)))
    .option('--loads <list>', '', numberList(0.1, 10), [1])
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
}

function parsed(...args: string[]) {
  return command().parse(args, { from: 'user' }).opts<LoadOptions & TargetOptions & QuickOptions & { loads: number[] }>();
}

function refused(...args: string[]): unknown {
  try {
    parsed(...args);
    return 'taken';
  } catch (error) {
    return error instanceof CommanderError ? error.code : error;
  }
}

test('without options a service is started on the CPU, and the result is named for the benchmark', () => {
  expect(parsed()).toEqual({
    name: 'load',
    provider: 'cpu',
    people: 1000,
    set: {},
    streams: 4,
    quick: false,
    loads: [1],
    field: {},
  });
});

test('settings of the service and fields of open add up', () => {
  const options = parsed(
    '--set',
    'ONLOOKER_LANES=1',
    '--set',
    'ONLOOKER_LOG_LEVEL=warn',
    '--field',
    'min_face=40',
    '--field',
    'a=b=c',
  );
  expect(options.set).toEqual({ ONLOOKER_LANES: '1', ONLOOKER_LOG_LEVEL: 'warn' });
  expect(options.field).toEqual({ min_face: '40', a: 'b=c' });
});

test('the provider is handed to the service, unless a setting names another', () => {
  expect(serviceSettings(parsed('--provider', 'webgpu'))).toEqual({ ONLOOKER_PROVIDER: 'webgpu' });
  expect(serviceSettings(parsed('--set', 'ONLOOKER_PROVIDER=cuda'))).toEqual({ ONLOOKER_PROVIDER: 'cuda' });
});

test('lists of numbers are read with fractions', () => {
  expect(parsed('--loads', '0.5,1,8').loads).toEqual([0.5, 1, 8]);
});

test.each([
  ['--provider', 'abacus'],
  ['--streams', '0'],
  ['--streams', '2.5'],
  ['--streams', ''],
  ['--people', 'many'],
  ['--set', 'LANES=1'],
  ['--set', 'ONLOOKER_LANES'],
  ['--field', 'min_face'],
  ['--scene', 'opera'],
  ['--loads', '1,,2'],
  ['--loads', '11'],
  ['--loads', 'x'],
  ['--nothing-known'],
])('%s %s is refused', (...args) => {
  expect(refused(...args)).toMatch(/^commander\.(invalidArgument|unknownOption)$/);
});
