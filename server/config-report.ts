// The configuration in force as people and programs are told of it: each value with where it comes from, secrets hidden.
import type { ConfigReport, SettingReport } from '../protocol/config.js';
import type { Config } from './config.js';
import { environmentName, SETTING_NAMES, settingNotes } from './settings.js';

const HIDDEN = '***';

export function configReport({ settings, origins, file }: Config): ConfigReport {
  const rows = SETTING_NAMES.map((name): SettingReport => {
    const { secret, defaultText, unit, meaning } = settingNotes(name);
    const value = settings[name];
    return {
      name,
      env: environmentName(name),
      value: value !== undefined && secret ? HIDDEN : plain(value),
      from: origins[name],
      ...(unit === undefined ? {} : { unit }),
      ...(defaultText === undefined ? {} : { default_text: defaultText }),
      meaning,
    };
  });
  return { file, settings: rows };
}

/** Lists, and what has a meaning of its own, as they stand in the environment. */
function plain(value: Config['settings'][keyof Config['settings']]): SettingReport['value'] {
  if (value === undefined) return null;
  return typeof value === 'object' ? String(value) : value;
}
