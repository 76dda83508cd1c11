// What it takes to see a view: one that shows nothing to somebody is not offered to them.
import type { ViewName } from './router.js';
import { can } from './session.js';

/** Read inside of a component it follows the session. */
export function maySee(view: ViewName): boolean {
  return view === 'live' ? can('feed') || can('view') : can('view');
}
