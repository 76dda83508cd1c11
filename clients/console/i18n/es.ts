// The texts in Spanish, one part for each view.
import { access } from './es/access.js';
import { events } from './es/events.js';
import { keys } from './es/keys.js';
import { live } from './es/live.js';
import { people } from './es/people.js';
import { shell } from './es/shell.js';
import { streams } from './es/streams.js';
import { system } from './es/system.js';
import type { Texts } from './texts.js';

export const es = { shell, access, keys, live, people, streams, events, system } satisfies Texts;
