// Before the tests: a Chromium for those that run in a browser. Installs it where that needs no question (apt-get with root
// rights), otherwise names the one command that does; the tests that need it are then left out. Does nothing when it is there.
import { spawnSync } from 'node:child_process';
import { isInstalled } from '../dist/clients/video/ffmpeg-install.js';
import { findChromium } from '../dist/test/browser/support/find-chromium.js';

if (findChromium() === undefined && !installed()) {
  process.stderr.write(
    'No Chromium is installed: the tests that run in a browser are left out. On Debian and Ubuntu:\n\n' +
      '  sudo apt-get install -y chromium fonts-liberation\n\n',
  );
}

function installed() {
  if (!isInstalled('apt-get') || process.getuid?.() !== 0) return false;
  process.stderr.write('Chromium is missing: installing it with apt-get\n');
  const apt = (...args) =>
    spawnSync('apt-get', ['-qq', '-o', 'Dpkg::Use-Pty=0', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  apt('update');
  return apt('install', '-y', '--no-install-recommends', 'chromium', 'fonts-liberation') && findChromium() !== undefined;
}
