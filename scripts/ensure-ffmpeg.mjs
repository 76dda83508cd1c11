// Before the tests: ffmpeg must be there. Installs it where that needs no question (apt-get with root rights), otherwise
// names the one command that does. Does nothing when it is there.
import { spawnSync } from 'node:child_process';
import { ffmpegInstallCommand, isInstalled } from '../dist/clients/video/ffmpeg-install.js';

if (!isInstalled('ffmpeg') && !installed()) {
  process.stderr.write(`ffmpeg is needed and is not installed. Install it with:\n\n  ${ffmpegInstallCommand()}\n\n`);
  process.exit(1);
}

function installed() {
  if (!isInstalled('apt-get') || process.getuid?.() !== 0) return false;
  process.stderr.write('ffmpeg is missing: installing it with apt-get\n');
  const apt = (...args) =>
    spawnSync('apt-get', ['-qq', '-o', 'Dpkg::Use-Pty=0', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  apt('update');
  return apt('install', '-y', '--no-install-recommends', 'ffmpeg') && isInstalled('ffmpeg');
}
