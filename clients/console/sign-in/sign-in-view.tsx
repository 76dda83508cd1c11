// Where somebody says who they are: by a key, or at an identity provider. It stands in place of the views; the address keeps
// the one that was wanted, and it is gone on with there. Must never show a text that a link can choose.
import { useEffect, useState } from 'preact/hooks';
import { Appearance } from '../app/appearance.js';
import { rememberReturn } from '../app/arrival.js';
import { session, signIn, type WhyOut } from '../app/session.js';
import { Button, LinkButton } from '../components/button.js';
import { TextField } from '../components/field.js';
import { Icon } from '../components/icon.js';
import { Spinner } from '../components/spinner.js';
import { t } from '../i18n/i18n.js';
import { signInFailure, waitMs, whyText } from './sign-in-failure.js';
import './sign-in.css';

export function SignInView() {
  const state = session.value;
  const title = t('access.title');
  useEffect(() => void (document.title = state.is === 'out' ? `${title} · Onlooker` : 'Onlooker'), [title, state.is]);
  return (
    <main class="sign-in">
      <div class="sign-in-card card">
        <div class="brand">
          <img src="icon.svg" alt="" width="26" height="26" />
          <span>Onlooker</span>
        </div>
        {state.is === 'out' && (
          <>
            <h1>{title}</h1>
            <Why why={state.why} />
            <KeyForm />
            {state.oidc && (
              <>
                <p class="sign-in-or muted">{t('access.or')}</p>
                <LinkButton icon="enter" href="v1/session/oidc" onClick={rememberReturn}>
                  {t('access.with_provider')}
                </LinkButton>
              </>
            )}
            <p class="muted sign-in-hint">{t('access.where_from')}</p>
          </>
        )}
        {state.is === 'unknown' && state.failure === undefined && <Spinner />}
        {state.is === 'unknown' && state.failure !== undefined && (
          <div class="notice notice-warn" role="status">
            <Icon name="warning" size={18} />
            <p>
              {state.failure} {t('access.trying')}
            </p>
          </div>
        )}
      </div>
      <Appearance />
    </main>
  );
}

function Why({ why }: { readonly why: WhyOut | undefined }) {
  if (why === undefined) return null;
  return (
    <div class={`notice ${why.is === 'lost' ? '' : 'notice-warn'}`} role="status">
      <Icon name={why.is === 'lost' ? 'info' : 'warning'} size={18} />
      <p>{whyText(why)}</p>
    </div>
  );
}

function KeyForm() {
  const [key, setKey] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const isWaiting = useWait(failure);
  const submit = async () => {
    // Copied out of a message, a key often has a space at its end.
    const shown = key.trim();
    if (shown === '' || isBusy || isWaiting) return;
    setBusy(true);
    setFailure(undefined);
    try {
      await signIn(shown);
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {/* Password managers file a key under a name. */}
      <input
        class="visually-hidden"
        type="text"
        name="username"
        autocomplete="username"
        value="Onlooker"
        readOnly
        tabIndex={-1}
        aria-hidden="true"
      />
      <TextField
        label={t('access.key')}
        type="password"
        name="key"
        autocomplete="current-password"
        placeholder="onl_…"
        required
        autoFocus
        spellcheck={false}
        value={key}
        error={failure === undefined ? undefined : signInFailure(failure)}
        onInput={setKey}
      />
      <Button kind="primary" type="submit" busy={isBusy} disabled={isWaiting}>
        {t('access.sign_in')}
      </Button>
    </form>
  );
}

/** For as long as the service wants to be left in peace, nothing is sent. */
function useWait(failure: unknown): boolean {
  const [isWaiting, setWaiting] = useState(false);
  useEffect(() => {
    const ms = waitMs(failure);
    setWaiting(ms > 0);
    const timer = setTimeout(() => setWaiting(false), ms);
    return () => clearTimeout(timer);
  }, [failure]);
  return isWaiting;
}
