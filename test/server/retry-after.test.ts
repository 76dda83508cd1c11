// When it is worth coming again: what is missing says so, and what is no use to wait for says nothing.
import { expect, test } from 'vitest';
import { OnlookerError } from '../../protocol/errors.js';
import { errorReply } from '../../server/http/reply.js';
import { LoadingTime } from '../../server/loading-time.js';
import { ServiceState } from '../../server/service-state.js';

const stateWith = (pipeline: object): ServiceState => {
  const state = new ServiceState();
  state.loaded({ pipeline, gallery: null } as unknown as Parameters<ServiceState['loaded']>[0]);
  return state;
};
const headerOf = (error: OnlookerError): string | undefined => errorReply(error).headers?.['retry-after'];
const thrownBy = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

test('a service that drains says when that has ended at the latest, whoever found out that it drains', () => {
  const state = stateWith({});
  state.drain(30_000);
  for (const thrown of [thrownBy(() => state.requirePipeline()), new OnlookerError('DRAINING', 'The gallery is closed.')]) {
    const told = state.told(thrown);
    expect(told.code).toBe('DRAINING');
    expect(Number(headerOf(told))).toBeGreaterThan(15);
    expect(Number(headerOf(told))).toBeLessThanOrEqual(30);
  }
});

test('models that are being fetched are told by what is left of them, lanes by when they are back', () => {
  const loading = new LoadingTime();
  const state = new ServiceState();
  expect(headerOf(state.told(thrownBy(() => state.requirePipeline())))).toBe('1');
  state.loads(loading);
  loading.fetched({ file: 'a', receivedBytes: 0, totalBytes: 1e12 });
  loading.fetched({ file: 'a', receivedBytes: 1, totalBytes: 1e12 });
  // However slow: nobody is sent away for longer.
  expect(headerOf(state.told(thrownBy(() => state.requirePipeline())))).toBe('60');
  const noLane = new OnlookerError('MODEL_UNAVAILABLE', 'No inference lane is running.');
  expect(headerOf(stateWith({ backInMs: 4200 }).told(noLane))).toBe('5');
});

test('what will never be there is not to be asked for again', () => {
  const state = stateWith({});
  const told = state.told(thrownBy(() => state.requireGallery()));
  expect(told.code).toBe('MODEL_UNAVAILABLE');
  expect(headerOf(told)).toBeUndefined();
});
