// The texts of the console in the user's language. English is the measure: every other language has exactly its keys.
import type { Message, Texts } from './texts.js';
import { signal } from '@preact/signals';
import { storeChoice, storedChoice } from '../app/stored-choice.js';
import { en } from './en.js';

export type TextKey = { [View in keyof Texts]: `${View}.${keyof Texts[View] & string}` }[keyof Texts];
export type TextValues = Readonly<Record<string, string | number>>;

export const LANGUAGES = ['en', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];
/** Each in its own language, for who cannot read the others. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', es: 'Español' };

const texts = signal<Texts>(en);
export const language = signal<Language>('en');

export async function startLanguage(): Promise<void> {
  const ofBrowser = navigator.languages.map((tag) => LANGUAGES.find((known) => tag.startsWith(known)));
  await setLanguage(storedChoice('language', LANGUAGES) ?? ofBrowser.find((known) => known !== undefined) ?? 'en', false);
}

export async function setLanguage(next: Language, remember = true): Promise<void> {
  texts.value = next === 'es' ? (await import('./es.js')).es : en;
  language.value = next;
  document.documentElement.lang = next;
  if (remember) storeChoice('language', next);
}

/** The text of a key, such as `people.title`; `count` chooses the plural form. Read inside of a component it follows the language. */
export function t(key: TextKey, values: TextValues = {}): string {
  const [view = '', name = ''] = key.split('.', 2);
  const part = texts.value[view as keyof Texts] as Readonly<Record<string, Message>>;
  const message = part[name] ?? key;
  const text = typeof message === 'string' ? message : message[pluralForm(values['count'])];
  return text.replace(/\{(\w+)\}/g, (whole, value: string) => shown(values[value]) ?? whole);
}

function shown(value: string | number | undefined): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'number' ? formatNumber(value) : isolated(value);
}

/** Letters of scripts that run from right to left: the blocks that Unicode keeps for them. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/**
 * A name that runs from right to left turns what stands around it round as well, unless it is set apart. One that does not
 * stays as it is: what is copied, searched or read aloud then has nothing in it that cannot be seen.
 */
export function isolated(text: string): string {
  return RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text;
}

function pluralForm(count: string | number | undefined): 'one' | 'other' {
  return new Intl.PluralRules(language.value).select(Number(count ?? 0)) === 'one' ? 'one' : 'other';
}

/** The user's own region of the language, which knows how times and dates are written there. */
function locale(): string {
  return navigator.languages.find((tag) => tag.startsWith(language.value)) ?? language.value;
}

/** @param fractionDigits digits after the point at most; default 0 for integers, 2 otherwise */
export function formatNumber(value: number, fractionDigits = Number.isInteger(value) ? 0 : 2): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: fractionDigits }).format(value);
}

/** A cosine or a difference of two, always with two digits, so that they can be compared at a glance. */
export function formatSimilarity(value: number): string {
  return new Intl.NumberFormat(locale(), { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
}

/** 0..1 as a percentage. */
export function formatPercent(value: number): string {
  return new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: 0 }).format(value);
}

/** The time of day; with the date where it is not today. @param unixMs Unix ms */
export function formatTime(unixMs: number): string {
  const date = new Date(unixMs);
  const isToday = date.toDateString() === new Date().toDateString();
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
  return date.toLocaleString(locale(), isToday ? clock : { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
}

const DAY_MS = 86_400_000;

/** A day as a heading: today, yesterday, or weekday, day and month. @param unixMs Unix ms */
export function formatDay(unixMs: number): string {
  const midnight = (ms: number) => new Date(ms).setHours(0, 0, 0, 0);
  // Rounded, since a day on which the clocks are changed has other hours.
  const daysAgo = Math.round((midnight(Date.now()) - midnight(unixMs)) / DAY_MS);
  const day =
    daysAgo === 0 || daysAgo === 1
      ? new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(-daysAgo, 'day')
      : new Date(unixMs).toLocaleDateString(locale(), { weekday: 'long', day: 'numeric', month: 'long' });
  return day.charAt(0).toLocaleUpperCase() + day.slice(1);
}

/** @param unixMs Unix ms */
export function formatDate(unixMs: number): string {
  return new Date(unixMs).toLocaleDateString(locale(), { day: 'numeric', month: 'short', year: 'numeric' });
}

/** A length of time in words as short as they get: `45 s`, `3 min`, `2 h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [value, unit] =
    seconds < 60
      ? ([seconds, 'second'] as const)
      : seconds < 3600
        ? ([Math.round(seconds / 60), 'minute'] as const)
        : ([Math.round(seconds / 3600), 'hour'] as const);
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'short' }).format(value);
}
