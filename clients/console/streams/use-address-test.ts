// Trying an address: the first picture of it, or why there is none. An older try never overtakes a newer one.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ServerError } from '../../errors.js';
import type { SourceKind } from '../../http-client.js';
import { failureText } from '../app/failure-text.js';
import { http } from '../app/service.js';
import { sourceReason, type SourceReason } from './source-reason.js';
import type { PictureShape } from './stream-form.js';

export interface AddressTest {
  /** `refused`: the service takes no such address; `failed`: it does, but there is no picture. */
  readonly state: 'untried' | 'trying' | 'good' | 'failed' | 'refused';
  /** A `blob:` address of the first picture; while it is tried again, of the last one. */
  readonly picture: string | undefined;
  /** How that was shaped. */
  readonly shape: PictureShape | undefined;
  /** What was found. */
  readonly kind: SourceKind | undefined;
  readonly failure: SourceReason | undefined;
}
export interface Address {
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  /** The stream whose secrets `***` stands for. */
  readonly stream?: string | undefined;
  readonly shape: PictureShape;
}

const NO_PICTURE = { picture: undefined, shape: undefined, kind: undefined } as const;
const UNTRIED: AddressTest = { ...NO_PICTURE, state: 'untried', failure: undefined };

/** @returns what the last try showed, how to try (true: there is a picture), and how to forget it */
export function useAddressTest(): [AddressTest, (address: Address) => Promise<boolean>, () => void] {
  const [test, setTest] = useState<AddressTest>(UNTRIED);
  const turn = useRef(0);
  const { picture } = test;
  useEffect(() => () => void (picture !== undefined && URL.revokeObjectURL(picture)), [picture]);
  useEffect(() => () => void (turn.current = -1), []);

  const run = async ({ url, transport, stream, shape }: Address): Promise<boolean> => {
    const mine = ++turn.current;
    // What was there stays until there is something else, so that nothing jumps.
    setTest((before) => ({ ...before, state: 'trying', failure: undefined }));
    const outcome = await http.streams
      .tried({ url: url.trim(), transport, ...shape, ...(stream === undefined ? {} : { stream }) })
      .then(({ image, kind }) => good(image, shape, kind), failed);
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

function good(jpeg: Uint8Array<ArrayBuffer>, shape: PictureShape, kind: SourceKind): AddressTest {
  const picture = URL.createObjectURL(new Blob([jpeg], { type: 'image/jpeg' }));
  return { state: 'good', picture, shape, kind, failure: undefined };
}

function failed(error: unknown): AddressTest {
  const code = error instanceof ServerError ? error.code : undefined;
  const isSaid = error instanceof ServerError && (code === 'SOURCE_FAILED' || code === 'BAD_MESSAGE');
  return {
    ...NO_PICTURE,
    state: code === 'BAD_MESSAGE' ? 'refused' : 'failed',
    failure: isSaid ? sourceReason(error.message) : { text: failureText(error) },
  };
}
