// A WebSocket client that is no library: frames as bytes, whole, in pieces or never finished.
import { connect, type Socket as TcpSocket } from 'node:net';

export interface Frame {
  readonly payload: Uint8Array;
  /** What its header says; more than the payload for a frame that is not finished. */
  readonly bytes?: number;
  /** 2 binary, 1 text, 0 continuation, 9 ping. */
  readonly opcode?: number;
  readonly isLast?: boolean;
}

/** A frame as a client sends it, with a mask of zeros. */
export function frame({ payload, bytes = payload.length, opcode = 2, isLast = true }: Frame): Buffer {
  const first = (isLast ? 0x80 : 0) | opcode;
  if (bytes < 126) return Buffer.concat([Buffer.from([first, 0x80 | bytes, 0, 0, 0, 0]), payload]);
  const header = Buffer.alloc(bytes < 65_536 ? 8 : 14);
  header[0] = first;
  header[1] = bytes < 65_536 ? 0xfe : 0xff;
  if (bytes < 65_536) header.writeUInt16BE(bytes, 2);
  else header.writeBigUInt64BE(BigInt(bytes), 2);
  return Buffer.concat([header, payload]);
}

export class RawWebSocket {
  readonly tcp: TcpSocket;
  isClosed = false;

  private constructor(tcp: TcpSocket) {
    this.tcp = tcp;
    tcp.on('error', () => undefined);
    tcp.on('close', () => (this.isClosed = true));
  }

  /** @param tcp where it is not a plain connection of its own */
  static async connect(port: number, tcp = connect(port, '127.0.0.1')): Promise<RawWebSocket> {
    const socket = new RawWebSocket(tcp);
    const lines = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'];
    const key = Buffer.alloc(16).toString('base64');
    socket.tcp.write(
      ['GET /v1/ws HTTP/1.1', `Host: 127.0.0.1:${port}`, `Sec-WebSocket-Key: ${key}`, ...lines, '', ''].join('\r\n'),
    );
    await new Promise<void>((resolve, reject) => {
      socket.tcp.once('data', () => resolve());
      socket.tcp.once('close', () => reject(new Error('the upgrade was refused')));
    });
    socket.tcp.resume();
    return socket;
  }

  /** Resolves when it has left, or nobody takes it any more. */
  async send(bytes: Uint8Array): Promise<void> {
    if (this.isClosed) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.tcp.off('close', done);
        resolve();
      };
      this.tcp.once('close', done);
      this.tcp.write(bytes, done);
    });
  }

  close(): void {
    this.tcp.destroy();
  }
}
