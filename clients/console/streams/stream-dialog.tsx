// Adding a camera, or changing one: its address is tried before it is saved, and the region drawn on what it shows.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { StreamAnswer } from '../../http-client.js';
import { http } from '../app/service.js';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { TextField } from '../components/field.js';
import { toast } from '../components/toast.js';
import { t } from '../i18n/i18n.js';
import { OldPicture } from './old-picture.js';
import { PictureOptions } from './picture-options.js';
import { RegionEditor } from './region-editor.js';
import { saveFailure } from './save-failure.js';
import type { SourceReason } from './source-reason.js';
import {
  errorsOf,
  fieldsOf,
  isSameShape,
  NEW_STREAM,
  newStreamOf,
  patchOf,
  shapeOf,
  suggestedName,
  type PictureShape,
  type StreamFields,
} from './stream-form.js';
import { StreamOptions } from './stream-options.js';
import { keepStream, streams } from './streams-store.js';
import { TestOutcome, Trouble } from './test-outcome.js';
import { useAddressTest, type AddressTest } from './use-address-test.js';

interface StreamDialogProps {
  /** Absent: a new one. */
  readonly stream?: StreamAnswer | undefined;
  readonly onClose: () => void;
}

export function StreamDialog({ stream, onClose }: StreamDialogProps) {
  const [initial] = useState<StreamFields>(stream ? fieldsOf(stream) : NEW_STREAM);
  const [fields, setFields] = useState(initial);
  const [isNamed, setNamed] = useState(stream !== undefined);
  const [isAsked, setAsked] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const [failure, setFailure] = useState<SourceReason>();
  const [test, tryAddress, forgetTest] = useAddressTest();
  const taken = stream ? [] : (streams.value ?? []).map(({ id }) => id);
  const errors = errorsOf(fields, taken);
  const isSameAddress = fields.url === stream?.url && fields.transport === (stream.transport ?? 'tcp');
  const known = useKnownPicture(stream, shapeOf(initial));
  const isUntold = test.state === 'untried' || test.state === 'trying';
  const shown = test.picture === undefined ? (isUntold && isSameAddress ? known : undefined) : test;

  const change = (part: Partial<StreamFields>) => {
    if (part.url !== undefined || part.transport !== undefined) forgetTest();
    const named = part.url !== undefined && !isNamed ? { id: suggestedName(part.url) } : {};
    setFields((before) => ({ ...before, ...named, ...part }));
  };
  const runTest = async (): Promise<boolean> => {
    const { url, transport } = fields;
    // The service would say it in English.
    if (errors.aspect === undefined) return tryAddress({ url, transport, stream: stream?.id, shape: shapeOf(fields) });
    showWrong();
    return false;
  };

  const save = async () => {
    setAsked(true);
    setFailure(undefined);
    if (Object.keys(errors).length > 0) return showWrong();
    setSaving(true);
    // What was found wanting is saved by asking twice.
    const isTried = test.state === 'good' || test.state === 'failed' || (isSameAddress && test.state === 'untried');
    if (isTried || (await runTest())) await commit();
    setSaving(false);
  };
  const form = useRef<HTMLFormElement>(null);
  /** The first field that is wrong takes the focus, once it is marked; what is folded away is unfolded. */
  const showWrong = () =>
    requestAnimationFrame(() => {
      const field = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
      field?.closest('details')?.setAttribute('open', '');
      field?.focus();
    });
  const notSaved = useRef<HTMLDivElement>(null);
  useEffect(() => notSaved.current?.scrollIntoView({ block: 'end' }), [failure]);
  const commit = async () => {
    try {
      keepStream(stream ? await http.streams.change(stream.id, patchOf(fields)) : await http.streams.add(newStreamOf(fields)));
      toast(t(stream ? 'streams.changed' : 'streams.added', { name: fields.id }), { tone: 'ok' });
      onClose();
    } catch (error) {
      // Not as a message at the edge of the page: that lies under the dialog.
      setFailure(saveFailure(error));
    }
  };

  return (
    <Dialog
      wide
      keepsInput={fields !== initial}
      title={stream ? t('streams.edit_title', { name: stream.id }) : t('streams.add')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('shell.cancel')}</Button>
          <Button kind="primary" busy={isSaving} onClick={() => void save()}>
            {t(test.state === 'failed' ? 'streams.save_anyway' : 'streams.save')}
          </Button>
        </>
      }
    >
      <form
        ref={form}
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void runTest();
        }}
      >
        <TextField
          label={t('streams.address')}
          hint={t(stream?.url.includes('***') ? 'streams.address_kept' : 'streams.address_hint')}
          error={isAsked && errors.url ? t('streams.address_needed') : undefined}
          value={fields.url}
          autoFocus={stream === undefined}
          onInput={(url) => change({ url })}
        />
        <div class="row">
          <Button type="submit" icon="camera" busy={test.state === 'trying'} disabled={fields.url.trim() === ''}>
            {t('streams.test')}
          </Button>
          <TestOutcome test={test} />
        </div>
        {shown?.picture !== undefined &&
          (isSameShape(shown.shape ?? {}, shapeOf(fields)) ? (
            <RegionEditor picture={shown.picture} region={fields.region} onChange={(region) => change({ region })} />
          ) : (
            <OldPicture picture={shown.picture} isTrying={test.state === 'trying'} onShow={() => void runTest()} />
          ))}
        <PictureOptions fields={fields} errors={errors} onChange={change} />
        {stream === undefined && (
          <TextField
            label={t('streams.name')}
            hint={t('streams.name_hint')}
            error={isAsked && errors.id ? t(`streams.name_${errors.id === 'taken' ? 'taken' : 'wrong'}`) : undefined}
            value={fields.id}
            maxLength={64}
            onInput={(id) => {
              setNamed(id !== '');
              change({ id });
            }}
          />
        )}
        <StreamOptions fields={fields} errors={errors} onChange={change} />
        {failure && (
          <div role="alert" ref={notSaved} class="streams-not-saved">
            <Trouble reason={failure} title={t('streams.not_saved')} />
          </div>
        )}
      </form>
    </Dialog>
  );
}

type KnownPicture = Pick<AddressTest, 'picture' | 'shape'>;

/** What a camera that is live shows already, in the shape that it has. */
function useKnownPicture(stream: StreamAnswer | undefined, shape: PictureShape): KnownPicture | undefined {
  const [picture, setPicture] = useState<string>();
  useEffect(() => {
    if (stream?.state !== 'live') return undefined;
    let url: string | undefined;
    let isOver = false;
    http.streams.snapshot(stream.id).then(
      (jpeg) => {
        if (isOver) return;
        url = URL.createObjectURL(new Blob([jpeg as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' }));
        setPicture(url);
      },
      () => undefined,
    );
    return () => {
      isOver = true;
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, []);
  return { picture, shape };
}
