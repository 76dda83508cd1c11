// What is said under a name that several people have.
import { t } from '../i18n/i18n.js';

/** @param choices how to write each of them @returns undefined where there are none */
export function severalText(choices: readonly string[]): string | undefined {
  return choices.length === 0
    ? undefined
    : t('people.several_named', { choices: choices.map((choice) => `“${choice}”`).join(', ') });
}
