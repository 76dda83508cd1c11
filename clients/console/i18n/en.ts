// The texts in English, one part for each view.
import { access } from './en/access.js';
import { events } from './en/events.js';
import { keys } from './en/keys.js';
import { live } from './en/live.js';
import { people } from './en/people.js';
import { shell } from './en/shell.js';
import { streams } from './en/streams.js';
import { system } from './en/system.js';

export const en = { shell, access, keys, live, people, streams, events, system } as const;
