import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { settingText } from '../../clients/console/system/setting-text.js';
import type { SettingReport } from '../../protocol/config.js';

const setting = (part: Partial<SettingReport>): SettingReport => ({
  name: 'x',
  env: 'ONLOOKER_X',
  value: null,
  from: 'default',
  meaning: 'What it is for.',
  ...part,
});

test('a number is shown as it would be typed, without separators and without rounding', () => {
  expect(settingText(setting({ value: 4294967296, unit: 'bytes' })).text).toBe('4294967296 bytes');
  expect(settingText(setting({ value: 0.00012 })).text).toBe('0.00012');
  expect(settingText(setting({ value: 8080 })).text).toBe('8080');
  expect(settingText(setting({ value: 4, unit: 'MiB' })).text).toBe('4 MiB');
  expect(settingText(setting({ value: true })).text).toBe('true');
});

test('what follows the models says which number that is, where it is known', () => {
  const threshold = setting({ default_text: 'that of the pack' });
  expect(settingText(threshold, 0.363).text).toBe('that of the pack: 0.363');
  expect(settingText(threshold).text).toBe('that of the pack');
  expect(settingText(setting({})).text).toBe('not set');
  expect(settingText(setting({ default_text: 'none: no files are served' }))).toMatchObject({ isEnglish: true });
});

test('the words that are known here are those of the settings', () => {
  const settings = readFileSync(fileURLToPath(new URL('../../server/settings.ts', import.meta.url)), 'utf8');
  expect(settings).toContain("defaultText: 'that of the pack'");
  for (const [, unit = ''] of settings.matchAll(/unit: '([a-z]{3,})'/g)) {
    expect(settingText(setting({ value: 1, unit })).text, unit).toBe(`1 ${unit}`);
  }
});
