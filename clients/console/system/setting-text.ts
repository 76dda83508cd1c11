// A setting's value as it is told. Numbers stand as they are typed into the environment or the file, in every language: what is
// copied from here must be read there again.
import type { ConfigReport } from '../../http-client.js';
import { t } from '../i18n/i18n.js';

type Setting = ConfigReport['settings'][number];
export interface SettingText {
  readonly text: string;
  /** The service's own words, which are English. */
  readonly isEnglish: boolean;
}

const OF_PACK = 'that of the pack';
const UNITS = ['bytes', 'connections', 'days', 'degrees', 'events', 'frames', 'items', 'pixels', 'requests', 'streams'] as const;

/** @param inForce what a setting without a value of its own has come to, where that is known */
export function settingText({ value, unit, default_text: standard }: Setting, inForce?: number): SettingText {
  if (value === null && standard === undefined) return { text: t('system.unset'), isEnglish: false };
  if (value === null && standard === OF_PACK) {
    const text = inForce === undefined ? t('system.of_pack') : t('system.of_pack_is', { value: String(inForce) });
    return { text, isEnglish: false };
  }
  if (value === null) return { text: (standard ?? '').replaceAll('`', ''), isEnglish: true };
  const text = unit === undefined || typeof value !== 'number' ? String(value) : `${value} ${unitText(unit)}`;
  return { text, isEnglish: false };
}

function unitText(unit: string): string {
  const known = UNITS.find((one) => one === unit);
  return known === undefined ? unit : t(`system.unit_${known}`);
}
