// The texts in Spanish, one part for each view.
import { events } from './es/events.js';
import { live } from './es/live.js';
import { people } from './es/people.js';
import { shell } from './es/shell.js';
import { streams } from './es/streams.js';
import { system } from './es/system.js';
import type { Texts } from './i18n.js';

export const es = { shell, live, people, streams, events, system } satisfies Texts;
