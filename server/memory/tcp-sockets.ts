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

export interface TcpSockets {
  /** File descriptors of sockets that were accepted on a port. */
  acceptedOn(port: number): number[];
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

  constructor(library: LibraryHandle) {
    this.#getsockopt = library.func('int getsockopt(int fd, int level, int name, void *value, void *length)') as Call;
    this.#getsockname = library.func('int getsockname(int fd, void *address, void *length)') as Call;
    this.#setsockopt = library.func('int setsockopt(int fd, int level, int name, void *value, int length)') as Call;
    this.#ioctl = library.func('int ioctl(int fd, ulong request, void *value)') as Call;
  }

  acceptedOn(port: number): number[] {
    return this.#socketsOn(port).filter((fd) => this.figuresOf(fd) !== null && this.#info[0] !== STATE_LISTEN);
  }

  boundReceiving(port: number, bytes: number): void {
    this.#listening ??= this.#socketsOn(port).find((fd) => this.figuresOf(fd) !== null && this.#info[0] === STATE_LISTEN);
    if (this.#listening !== undefined) this.boundReceivingOf(this.#listening, bytes);
  }

  boundReceivingOf(fd: number, bytes: number): void {
    this.#length.writeInt32LE(bytes);
    this.#setsockopt(fd, SOL_SOCKET, SO_RCVBUF, this.#length, this.#length.length);
  }

  figuresOf(fd: number): TcpFigures | null {
    this.#length.writeInt32LE(LEAST_INFO_BYTES);
    const info = this.#info;
    if (this.#getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, this.#length) !== 0) return null;
    if (this.#length.readInt32LE() < LEAST_INFO_BYTES) return null;
    const writtenBytes = longAt(info, BYTES_SENT_AT) - longAt(info, BYTES_RETRANSMITTED_AT) + info.readUInt32LE(NOT_SENT_AT);
    return { receivedBytes: longAt(info, BYTES_RECEIVED_AT), writtenBytes };
  }

  unreadBytesOf(fd: number): number {
    return this.#ioctl(fd, FIONREAD, this.#length) === 0 ? this.#length.readInt32LE() : 0;
  }

  #socketsOn(port: number): number[] {
    return readdirSync('/proc/self/fd')
      .map(Number)
      .filter((fd) => this.#isOn(fd, port));
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
