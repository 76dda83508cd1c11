// HTTPS and WSS on one port, whose certificate can be replaced while connections live. One app listens, alone, and hands each
// accepted socket to the app with the certificate in force; an app before it serves on until its last connection has gone.
import { SSLApp, us_listen_socket_close, us_socket_local_port, type TemplatedApp, type us_listen_socket } from 'uWebSockets.js';
import type { Certificate, CertificateFiles } from '../tls/certificate.js';
import { listenExclusively, type Port, type PortOptions } from './port.js';
import { registeringOn } from './registering.js';

/**
 * For TLS 1.2, which is the least that uWebSockets.js speaks: forward secrecy and authenticated encryption only. Left alone it would
 * offer CBC and key exchange by RSA too. TLS 1.3 has only good ones.
 */
const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

const RELEASE_AFTER_MS = 1000;

/** Of uWebSockets.js, made for handing sockets to other threads; its typings lack it. */
interface Handing {
  getDescriptor(): unknown;
  addChildAppDescriptor(descriptor: unknown): void;
  removeChildAppDescriptor(descriptor: unknown): void;
}

interface Serving {
  readonly app: TemplatedApp;
  readonly descriptor: unknown;
  connections: number;
}

export class TlsPort implements Port {
  readonly number: number;
  readonly #acceptor: TemplatedApp;
  readonly #socket: us_listen_socket;
  readonly #register: PortOptions['register'];
  readonly #retired = new Set<Serving>();
  #serving: Serving;

  private constructor(
    acceptor: TemplatedApp,
    socket: us_listen_socket,
    register: PortOptions['register'],
    certificate: Certificate,
  ) {
    this.#acceptor = acceptor;
    this.#socket = socket;
    this.#register = register;
    this.number = us_socket_local_port(socket);
    this.#serving = this.#serve(certificate);
  }

  /** @throws StartError when the address is in use or not of this machine · Error when the certificate is refused */
  static async open({ host, port, register }: PortOptions, certificate: Certificate): Promise<TlsPort> {
    const acceptor = appWith(certificate);
    const socket = await listenExclusively(acceptor, host, port);
    try {
      return new TlsPort(acceptor, socket, register, certificate);
    } catch (error) {
      acceptor.close();
      throw error;
    }
  }

  /** Whoever connects from now on meets this certificate. @throws Error when it is refused; then nothing has changed */
  replace(certificate: Certificate): void {
    const before = this.#serving;
    this.#serving = this.#serve(certificate);
    handing(this.#acceptor).removeChildAppDescriptor(before.descriptor);
    this.#retired.add(before);
    this.#release(before);
  }

  close(): void {
    us_listen_socket_close(this.#socket);
    this.#acceptor.close();
    for (const { app } of [...this.#retired, this.#serving]) app.close();
    this.#retired.clear();
  }

  #serve(certificate: CertificateFiles): Serving {
    const app = appWith(certificate);
    const serving: Serving = { app, descriptor: handing(app).getDescriptor(), connections: 0 };
    const gone = (): void => {
      serving.connections--;
      this.#release(serving);
    };
    // Told of every socket that comes and goes, but for those that have become WebSockets: of their end only the WebSocket is told.
    app.filter((_, change) => {
      if (Number(change) > 0) serving.connections++;
      else gone();
    });
    this.#register(registeringOn(app, gone));
    handing(this.#acceptor).addChildAppDescriptor(serving.descriptor);
    return serving;
  }

  /** Frees an app that nobody connects to any more and nobody is connected to. */
  #release(serving: Serving): void {
    if (serving.connections > 0 || !this.#retired.has(serving)) return;
    // Not while it tells of its last socket, and not before one that was accepted for it a moment ago has been handed on.
    setTimeout(() => {
      if (serving.connections === 0 && this.#retired.delete(serving)) serving.app.close();
    }, RELEASE_AFTER_MS).unref();
  }
}

/** @throws Error when uWebSockets.js refuses the pair */
function appWith({ certFile, keyFile }: CertificateFiles): TemplatedApp {
  try {
    return SSLApp({ cert_file_name: certFile, key_file_name: keyFile, ssl_ciphers: CIPHERS });
  } catch (error) {
    throw new Error(`the certificate in ${certFile} is refused by the TLS library`, { cause: error });
  }
}

const handing = (app: TemplatedApp): Handing => app as unknown as Handing;
