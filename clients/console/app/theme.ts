// Dark or light: as the system has it, until the user says otherwise.
import { signal } from '@preact/signals';
import { storeChoice, storedChoice } from './stored-choice.js';

const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export const theme = signal<Theme>('system');

export function startTheme(): void {
  setTheme(storedChoice('theme', THEMES) ?? 'system');
}

export function setTheme(next: Theme): void {
  theme.value = next;
  if (next === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = next;
  storeChoice('theme', next === 'system' ? undefined : next);
}
