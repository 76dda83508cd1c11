// Turns files into a model that is served: a network, its labels if need be, a name and a version. What is wrong with one of them is
// said, and it can be given anew.
import { useRef, useState } from 'preact/hooks';
import { failureText } from '../app/failure-text.js';
import { http } from '../app/service.js';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { DropTarget } from '../components/drop-target.js';
import { TextField } from '../components/field.js';
import { toast } from '../components/toast.js';
import { formatNumber, isolated, t } from '../i18n/i18n.js';
import { givenFiles, isName, suggestedName, suggestedVersion, withFiles, type GivenFile } from './given-files.js';

const MODEL_FILES = '.onnx,.h5,.hdf5,.keras,.gz,.zst,.txt,.csv,.json';
const MEGABYTE = 1e6;

interface GiveModelDialogProps {
  readonly dropped: readonly File[];
  /** Versions that are there, by the names of models. */
  readonly known: ReadonlyMap<string, readonly string[]>;
  readonly onClose: () => void;
  readonly onGiven: () => void;
}

export function GiveModelDialog({ dropped, known, onClose, onGiven }: GiveModelDialogProps) {
  const [files, setFiles] = useState<readonly GivenFile[]>(() => givenFiles(dropped));
  const [name, setName] = useState(() => suggestedName(givenFiles(dropped)));
  const [version, setVersion] = useState<string>();
  const [failure, setFailure] = useState<string>();
  const [giving, setGiving] = useState<string>();
  const shownVersion = version ?? suggestedVersion(known.get(name) ?? []);
  const hasModel = files.some(({ as }) => as.startsWith('model.'));
  const isTaken = known.get(name)?.includes(shownVersion) ?? false;

  const add = (more: readonly File[]) => {
    const given = givenFiles(more);
    setFiles(withFiles(files, given));
    setFailure(given.length === 0 ? t('system.give_none') : undefined);
    if (name === '') setName(suggestedName(given));
  };
  const give = async () => {
    setFailure(undefined);
    try {
      for (const { file, as } of files) {
        setGiving(file.name);
        await http.servedModels.give(name, shownVersion, as, file);
      }
      setGiving('');
      const { in_use: inUse } = await http.servedModels.finish(name, shownVersion);
      toast(t(inUse === shownVersion ? 'system.given_in_use' : 'system.given', { name, version: shownVersion }), { tone: 'ok' });
      onGiven();
    } catch (error) {
      setFailure(failureText(error));
      setGiving(undefined);
    }
  };
  return (
    <Dialog
      title={t('system.give_title')}
      keepsInput
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('shell.cancel')}</Button>
          <Button
            kind="primary"
            busy={giving !== undefined}
            disabled={!hasModel || !isName(name) || !isName(shownVersion) || isTaken}
            onClick={() => void give()}
          >
            {t('system.give')}
          </Button>
        </>
      }
    >
      <DropTarget class="system-drop stack" hint={t('system.drop_here')} onDrop={({ files: more }) => add(Array.from(more))}>
        <p class="muted">{t('system.give_hint')}</p>
        <FileList files={files} />
        <ChooseFiles onFiles={add} />
        <div class="system-pair">
          <TextField
            label={t('system.model_name')}
            value={name}
            onInput={setName}
            maxLength={100}
            spellcheck={false}
            error={name !== '' && !isName(name) ? t('system.name_wrong') : undefined}
          />
          <TextField
            label={t('system.model_version')}
            value={shownVersion}
            onInput={setVersion}
            maxLength={100}
            spellcheck={false}
            error={isTaken ? t('system.version_taken') : undefined}
          />
        </div>
        {giving !== undefined && (
          <p role="status">{giving === '' ? t('system.reading') : t('system.giving', { file: giving })}</p>
        )}
        {failure !== undefined && (
          <p class="field-error" role="alert">
            {failure}
          </p>
        )}
      </DropTarget>
    </Dialog>
  );
}

function FileList({ files }: { readonly files: readonly GivenFile[] }) {
  if (files.length === 0) return null;
  return (
    <ul class="system-files">
      {files.map(({ file, as }) => (
        <li key={as} class="row spread">
          <span class="truncate">{isolated(file.name)}</span>
          <span class="muted">{t('system.megabytes', { size: formatNumber(file.size / MEGABYTE, 1) })}</span>
        </li>
      ))}
    </ul>
  );
}

/** The button that opens the browser's choice of files. */
export function ChooseFiles({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <span>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={MODEL_FILES}
        aria-label={t('system.choose_model')}
        onChange={(event) => {
          const files = Array.from(event.currentTarget.files ?? []);
          event.currentTarget.value = '';
          if (files.length > 0) onFiles(files);
        }}
      />
      <Button icon="upload" onClick={() => input.current?.click()}>
        {t('system.choose_model')}
      </Button>
    </span>
  );
}
