// Starts the console: the theme and language first, so that nothing is painted twice.
import { render } from 'preact';
import { App } from './app/app.js';
import { takeArrival, watchArrivals } from './app/arrival.js';
import { startFeed } from './app/event-feed.js';
import { arrive, startSession } from './app/session.js';
import { keepStrayDrops } from './app/stray-drops.js';
import { startLanguage } from './i18n/i18n.js';
import { startTheme } from './app/theme.js';
import './styles/tokens.css';
import './styles/base.css';
import './styles/components.css';
import './styles/shell.css';

const arrival = takeArrival();
watchArrivals((later) => void arrive(later));
startTheme();
void startSession(arrival);
await startLanguage();
startFeed();
keepStrayDrops();
const root = document.getElementById('app');
if (root) render(<App />, root);
