// The face of whom is enrolled is like somebody else's: asks whether these are two people, and says what follows from that.
import { Button } from '../components/button.js';
import { t } from '../i18n/i18n.js';

interface TwinQuestionProps {
  readonly name: string;
  /** Name of whom the face resembles. */
  readonly other: string;
  readonly busy?: boolean;
  readonly onYes: () => void;
}

export function TwinQuestion({ name, other, busy = false, onYes }: TwinQuestionProps) {
  return (
    <div class="stack">
      <p>{t('people.twin_question', { name, other })}</p>
      <p class="muted">{t('people.twin_hint')}</p>
      <span>
        <Button busy={busy} label={t('people.twin_yes_of', { name, other })} onClick={onYes}>
          {t('people.twin_yes')}
        </Button>
      </span>
    </div>
  );
}
