// Which one command installs ffmpeg on this machine. Shared by the command line's message and the script before the tests.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const BY_PACKAGE_MANAGER = [
  ['apt-get', 'sudo apt-get install -y ffmpeg'],
  ['dnf', 'sudo dnf install -y ffmpeg-free'],
  ['pacman', 'sudo pacman -S --noconfirm ffmpeg'],
  ['apk', 'apk add ffmpeg'],
  ['brew', 'brew install ffmpeg'],
  ['winget', 'winget install ffmpeg'],
] as const;

/** Whether a program of that name is found on the PATH. */
export function isInstalled(program: string): boolean {
  const names = process.platform === 'win32' ? [`${program}.exe`, `${program}.cmd`] : [program];
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.some((folder) => names.some((name) => existsSync(join(folder, name))));
}

export function ffmpegInstallCommand(): string {
  const found = BY_PACKAGE_MANAGER.find(([manager]) => isInstalled(manager));
  const command: string = found?.[1] ?? 'see https://ffmpeg.org/download.html';
  return process.getuid?.() === 0 ? command.replace(/^sudo /, '') : command;
}
