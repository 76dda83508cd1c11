// Trying an address: the first picture of it, or why there is none. An older try never overtakes a newer one.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ServerError } from '../../errors.js';
import { failureText } from '../app/failure-text.js';
import { http } from '../app/service.js';
import { sourceReason, type SourceReason } from './source-reason.js';

export interface AddressTest {
  /** `refused`: the service takes no such address; `failed`: it does, but there is no picture. */
  readonly state: 'untried' | 'trying' | 'good' | 'failed' | 'refused';
  /** A `blob:` address of the first picture. */
  readonly picture: string | undefined;
  readonly failure: SourceReason | undefined;
}
export interface Address {
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  /** The stream whose secrets `***` stands for. */
  readonly stream?: string | undefined;
}

const UNTRIED: AddressTest = { state: 'untried', picture: undefined, failure: undefined };

/** @returns what the last try showed, how to try (true: there is a picture), and how to forget it */
export function useAddressTest(): [AddressTest, (address: Address) => Promise<boolean>, () => void] {
  const [test, setTest] = useState<AddressTest>(UNTRIED);
  const turn = useRef(0);
  const { picture } = test;
  useEffect(() => () => void (picture !== undefined && URL.revokeObjectURL(picture)), [picture]);
  useEffect(() => () => void (turn.current = -1), []);

  const run = async ({ url, transport, stream }: Address): Promise<boolean> => {
    const mine = ++turn.current;
    setTest({ ...UNTRIED, state: 'trying' });
    const outcome = await http.streams
      .test({ url: url.trim(), transport, ...(stream === undefined ? {} : { stream }) })
      .then(good, failed);
    if (turn.current !== mine) {
      if (outcome.picture !== undefined) URL.revokeObjectURL(outcome.picture);
      return false;
    }
    setTest(outcome);
    return outcome.state === 'good';
  };
  const forget = () => {
    turn.current++;
    setTest(UNTRIED);
  };
  return [test, run, forget];
}

function good(jpeg: Uint8Array): AddressTest {
  const picture = URL.createObjectURL(new Blob([jpeg as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' }));
  return { state: 'good', picture, failure: undefined };
}

function failed(error: unknown): AddressTest {
  const code = error instanceof ServerError ? error.code : undefined;
  const isSaid = error instanceof ServerError && (code === 'SOURCE_FAILED' || code === 'BAD_MESSAGE');
  return {
    state: code === 'BAD_MESSAGE' ? 'refused' : 'failed',
    picture: undefined,
    failure: isSaid ? sourceReason(error.message) : { text: failureText(error) },
  };
}
