// What the kernel knows of this process's TCP sockets (Linux): how many bytes came in and went out of each. Only with it can be
// told how much of a WebSocket message has come, since uWebSockets.js keeps unfinished ones to itself.
import { readdirSync } from 'node:fs';
import type { LibraryHandle } from 'koffi';
import { systemLibrary } from './system-library.js';

export interface TcpFigures {
  /** What the other side has sent and the kernel has taken. */
  readonly receivedBytes: number;
  /** What this process has written, whether it has left or not. */
  readonly writtenBytes: number;
}

export interface SomeSockets {
  /** File descriptors. */
  readonly fds: readonly number[];
  /** Where the next ones are; null where these were the last. */
  readonly next: number | null;
}

export interface TcpSockets {
  /**
   * Some of the sockets that were accepted on a port, by their file descriptors.
   * @param from the least of them, 0 to begin with
   * @param most so many
   * @param isLeftOut file descriptors that are not asked for
   */
  acceptedOn(port: number, from: number, most: number, isLeftOut: (fd: number) => boolean): SomeSockets;
  /** Null where that is no open TCP socket. */
  figuresOf(fd: number): TcpFigures | null;
  /** Bounds what the kernel takes in, and so what one turn of the loop can read, of each socket accepted on the port from now on. */
  boundReceiving(port: number, bytes: number): void;
  /** The same of one socket, from what it receives next. */
  boundReceivingOf(fd: number, bytes: number): void;
  /** Of what came, bytes that this process has not read yet. */
  unreadBytesOf(fd: number): number;
}

// linux/tcp.h, `struct tcp_info`: fields are only ever added at its end.
const IPPROTO_TCP = 6;
const FIONREAD = 0x541b;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const STATE_LISTEN = 10;
const TCP_INFO = 11;
const BYTES_RECEIVED_AT = 128;
const NOT_SENT_AT = 144;
const BYTES_SENT_AT = 200;
const BYTES_RETRANSMITTED_AT = 208;
/** With all the fields above, since Linux 4.19. */
const LEAST_INFO_BYTES = 216;
/** After a listing, so many times as long as it took without another. */
const LIST_PAUSES = 20;
const AF_INET = 2;
const AF_INET6 = 10;

/** Null where the system does not tell. */
export function tcpSockets(): TcpSockets | null {
  const library = systemLibrary();
  return library === null || process.arch === 's390x' ? null : new LinuxTcpSockets(library);
}

type Call = (fd: number, ...rest: readonly (number | Buffer)[]) => number;

class LinuxTcpSockets implements TcpSockets {
  readonly #getsockopt: Call;
  readonly #getsockname: Call;
  readonly #ioctl: Call;
  readonly #setsockopt: Call;
  readonly #info = Buffer.alloc(LEAST_INFO_BYTES);
  readonly #address = Buffer.alloc(28);
  readonly #length = Buffer.alloc(4);
  #listening: number | undefined;
  #highestFd = 0;
  /** When the open ones may be listed again. */
  #nextListMs = 0;

  constructor(library: LibraryHandle) {
    this.#getsockopt = library.func('int getsockopt(int fd, int level, int name, void *value, void *length)') as Call;
    this.#getsockname = library.func('int getsockname(int fd, void *address, void *length)') as Call;
    this.#setsockopt = library.func('int setsockopt(int fd, int level, int name, void *value, int length)') as Call;
    this.#ioctl = library.func('int ioctl(int fd, ulong request, void *value)') as Call;
  }

  acceptedOn(port: number, from: number, most: number, isLeftOut: (fd: number) => boolean): SomeSockets {
    if (from === 0) this.#findHighest();
    const fds: number[] = [];
    let fd = from;
    for (; fd <= this.#highestFd && fds.length < most; fd++) {
      if (!isLeftOut(fd) && this.#isOn(fd, port) && this.#isTcp(fd) && this.#info[0] !== STATE_LISTEN) fds.push(fd);
    }
    return { fds, next: fd > this.#highestFd ? null : fd };
  }

  boundReceiving(port: number, bytes: number): void {
    this.#listening ??= openFds().find((fd) => this.#isOn(fd, port) && this.#isTcp(fd) && this.#info[0] === STATE_LISTEN);
    if (this.#listening !== undefined) this.boundReceivingOf(this.#listening, bytes);
  }

  boundReceivingOf(fd: number, bytes: number): void {
    this.#length.writeInt32LE(bytes);
    this.#setsockopt(fd, SOL_SOCKET, SO_RCVBUF, this.#length, this.#length.length);
  }

  figuresOf(fd: number): TcpFigures | null {
    const info = this.#info;
    if (!this.#isTcp(fd)) return null;
    const writtenBytes = longAt(info, BYTES_SENT_AT) - longAt(info, BYTES_RETRANSMITTED_AT) + info.readUInt32LE(NOT_SENT_AT);
    return { receivedBytes: longAt(info, BYTES_RECEIVED_AT), writtenBytes };
  }

  unreadBytesOf(fd: number): number {
    return this.#ioctl(fd, FIONREAD, this.#length) === 0 ? this.#length.readInt32LE() : 0;
  }

  /** Asks what the kernel knows of it. @returns whether it is a TCP socket of which it tells enough */
  #isTcp(fd: number): boolean {
    this.#length.writeInt32LE(LEAST_INFO_BYTES);
    if (this.#getsockopt(fd, IPPROTO_TCP, TCP_INFO, this.#info, this.#length) !== 0) return false;
    return this.#length.readInt32LE() >= LEAST_INFO_BYTES;
  }

  /** Not at every call: with ten thousand open ones the system takes milliseconds to list them. */
  #findHighest(): void {
    const startMs = performance.now();
    if (startMs < this.#nextListMs) return;
    this.#highestFd = openFds().reduce((highest, fd) => Math.max(highest, fd), 0);
    const endMs = performance.now();
    this.#nextListMs = endMs + (endMs - startMs) * LIST_PAUSES;
  }

  #isOn(fd: number, port: number): boolean {
    this.#length.writeInt32LE(this.#address.length);
    if (this.#getsockname(fd, this.#address, this.#length) !== 0) return false;
    const family = this.#address.readUInt16LE(0);
    return (family === AF_INET || family === AF_INET6) && this.#address.readUInt16BE(2) === port;
  }
}

/** An unsigned number of 64 bits: asked for of all sockets many times a second, and so not by way of a bigint. */
function longAt(info: Buffer, at: number): number {
  return info.readUInt32LE(at) + info.readUInt32LE(at + 4) * 2 ** 32;
}

const openFds = (): number[] => readdirSync('/proc/self/fd').map(Number);
