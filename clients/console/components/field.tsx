// Inputs with their label, hint and error, tied together for screen readers.
import type { InputHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';

interface About {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  /** The label is for screen readers alone, where the place says what it is. */
  readonly hideLabel?: boolean | undefined;
}

interface TextFieldProps extends About {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: 'text' | 'search' | 'url' | 'number' | 'password' | undefined;
  readonly placeholder?: string | undefined;
  readonly maxLength?: number | undefined;
  readonly required?: boolean | undefined;
  readonly autoFocus?: boolean | undefined;
  /** For password managers; nothing is suggested where it is left out. */
  readonly autocomplete?: 'current-password' | undefined;
  readonly name?: string | undefined;
  /** What is typed are no words of a language. */
  readonly spellcheck?: false | undefined;
  /** Suggestions of the browser's own kind. */
  readonly suggestions?: readonly string[] | undefined;
}

export function TextField({
  label,
  hint,
  error,
  hideLabel,
  value,
  onInput,
  suggestions,
  type = 'text',
  autocomplete,
  ...rest
}: TextFieldProps) {
  const id = useId();
  // The typings have an interface for each type of input, and this is one of several.
  const attributes = {
    ...rest,
    type,
    id,
    value,
    class: 'input',
    autocomplete: autocomplete ?? 'off',
    'aria-invalid': error !== undefined,
    'aria-describedby': describedBy(id, hint, error),
    ...(suggestions ? { list: `${id}-suggestions` } : {}),
  } as InputHTMLAttributes<HTMLInputElement>;
  return (
    <div class="field">
      <label for={id} class={hideLabel ? 'visually-hidden' : 'field-label'}>
        {label}
      </label>
      <input {...attributes} onInput={(event) => onInput(event.currentTarget.value)} />
      {suggestions && (
        <datalist id={`${id}-suggestions`}>
          {suggestions.map((suggestion) => (
            <option key={suggestion} value={suggestion} />
          ))}
        </datalist>
      )}
      <Notes id={id} hint={hint} error={error} />
    </div>
  );
}

interface SelectFieldProps extends About {
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
}

export function SelectField({ label, hint, error, hideLabel, value, options, onChange }: SelectFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id} class={hideLabel ? 'visually-hidden' : 'field-label'}>
        {label}
      </label>
      <select
        id={id}
        class="input"
        value={value}
        aria-describedby={describedBy(id, hint, error)}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
      <Notes id={id} hint={hint} error={error} />
    </div>
  );
}

interface CheckFieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function CheckField({ label, hint, checked, onChange }: CheckFieldProps) {
  const id = useId();
  return (
    <div class="field field-check">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        aria-describedby={describedBy(id, hint, undefined)}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      <Notes id={id} hint={hint} error={undefined} />
    </div>
  );
}

function Notes({
  id,
  hint,
  error,
}: {
  readonly id: string;
  readonly hint: string | undefined;
  readonly error: string | undefined;
}) {
  return (
    <>
      {hint !== undefined && (
        <p id={`${id}-hint`} class="field-hint">
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} class="field-error" role="alert">
          {error}
        </p>
      )}
    </>
  );
}

function describedBy(id: string, hint: string | undefined, error: string | undefined): string | undefined {
  const ids = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter((one) => one !== false);
  return ids.length > 0 ? ids.join(' ') : undefined;
}
