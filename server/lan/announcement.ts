// What `serve --lan` prints as soon as it listens: where it is, a code for a phone's camera, and how to trust it. Secrets are
// shown on a terminal alone, since anything else keeps what it is given.
import { renderUnicodeCompact } from 'uqr';
import { LOOPBACK } from '../../protocol/addresses.js';
import { webAddress } from '../openable-addresses.js';
import type { LocalNames } from './local-names.js';

export interface Announced {
  readonly port: number;
  readonly basePath: string;
  readonly names: LocalNames;
  /** SHA-256 of the authority that has signed the certificate; null where the certificate is the operator's own. */
  readonly fingerprint: string | null;
}
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * The code's blocks are its light squares, so they are drawn white, on black: dark on light is what every phone reads, whatever
 * the terminal's own colours are.
 */
const BLOCKS_WHITE_ON_BLACK = '\u001b[97;40m';
const PLAIN = '\u001b[0m';

/** How the first person gets in. */
export interface Invitation {
  /** The key that was made because there was none; null where there are keys. It is shown this once. */
  readonly key: string | null;
  /** @returns a ticket that signs one browser in, once; null where nobody needs to sign in */
  signInTicket(): string | null;
}

/** Secrets are asked for only where there is a terminal. */
export function announce(announced: Announced, invitation: Invitation, terminal: Terminal): void {
  const isTerminal = terminal.isTTY === true;
  const key = isTerminal ? invitation.key : null;
  const ticket = isTerminal ? invitation.signInTicket() : null;
  terminal.write(announcement(announced, isTerminal, key, ticket));
}

function announcement(
  { port, basePath, names, fingerprint }: Announced,
  isTerminal: boolean,
  key: string | null,
  ticket: string | null,
): string {
  const at = (host: string): string => `${webAddress('https', host, port)}${basePath}/`;
  const outside = names.addresses.filter((address) => !LOOPBACK.has(address));
  const best = at(outside[0] ?? names.names[0] ?? 'localhost');
  const others = [...outside.slice(1), ...names.names].map(at);
  const lines = ['', `Onlooker is at ${best}`, `  also ${others.join('  ')}`];
  if (key !== null) lines.push('', 'The first key, with every right. It is shown this once, so keep it:', `  ${key}`);
  if (isTerminal) {
    lines.push('', ticket === null ? 'Scan to open it:' : 'Scan to open it, signed in. The code works once:', '');
    lines.push(...coded(ticket === null ? best : `${best}#/sign-in?ticket=${ticket}`));
  }
  if (fingerprint !== null) {
    lines.push(
      '',
      'Browsers warn of a certificate that they do not know. Go past the warning, which is enough for the camera, or install this',
      `machine's authority once: open ${best}ca.crt on each device (steps: docs/opening.md) and compare`,
      `  SHA-256 ${fingerprint}`,
    );
  }
  return `${lines.join('\n')}\n\n`;
}

function coded(text: string): string[] {
  const code = renderUnicodeCompact(text, { border: 4, ecc: 'L' });
  return code.split('\n').map((line) => `  ${BLOCKS_WHITE_ON_BLACK}${line}${PLAIN}`);
}
