// A real OpenID provider (oidc-provider) on this machine, which can change its keys, go away and come back. It is asked as
// `localhost`, so that for a browser it is another site than the service at 127.0.0.1.
import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';
import type { Configuration, Provider } from 'oidc-provider';

export const AUDIENCE = 'urn:onlooker';
export const PUBLIC_CLIENT = 'console';
export const SECRET_CLIENT = 'console-with-secret';
const MACHINE = 'machine';
export const SECRET = 'a-secret:of+this/client%';

/** Who can sign in, by login: any password does. */
const PEOPLE: Readonly<Record<string, Record<string, unknown>>> = {
  ada: { name: 'Ada', roles: ['viewer'], realm_access: { roles: ['staff', 'offline_access'] } },
  grace: { name: 'Grace', roles: ['admin'] },
  mallory: { name: 'Mallory', roles: ['somebody'] },
};

interface Shape {
  /** Where a sign-in tells of roles. */
  readonly rolesIn: 'id_token' | 'access_token' | 'userinfo';
  readonly redirectUris: readonly string[];
}

interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export interface TokenWishes {
  /** Over what a good token has; undefined leaves a claim out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: CryptoKey | Uint8Array;
  readonly alg?: string;
}

export class TestIssuer {
  readonly url: string;
  readonly #port: number;
  #server: Server;
  #keys: readonly SigningKey[] = [];
  #shape: Shape = { rolesIn: 'id_token', redirectUris: ['http://127.0.0.1:1/v1/session/oidc/callback'] };
  #handle: ReturnType<Provider['callback']> | null = null;
  /** How often its keys were fetched. */
  keyFetches = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
    this.url = `http://localhost:${port}`;
  }

  static async start(): Promise<TestIssuer> {
    const server = createServer();
    const issuer = new TestIssuer(server, await listening(server, 0));
    await issuer.rotate();
    issuer.#listen(server);
    return issuer;
  }

  /** It signs with new keys from now on, and knows the old ones no longer. */
  async rotate(): Promise<void> {
    this.#keys = [await signingKey('RS256'), await signingKey('ES256')];
    await this.#build();
  }

  async reshape(shape: Partial<Shape>): Promise<void> {
    this.#shape = { ...this.#shape, ...shape };
    await this.#build();
  }

  async goAway(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async comeBack(): Promise<void> {
    this.#server = createServer();
    this.#listen(this.#server);
    await listening(this.#server, this.#port);
  }

  keyFor(alg: string): SigningKey {
    const found = this.#keys.find((candidate) => candidate.alg === alg) ?? this.#keys[0];
    if (found === undefined) throw new Error('no keys yet');
    return found;
  }

  /** A token signed as told; a good one by default. */
  async sign({ claims = {}, header = {}, alg = 'RS256', key }: TokenWishes = {}): Promise<string> {
    const own = this.keyFor(alg);
    const nowS = Math.floor(Date.now() / 1000);
    const all: Record<string, unknown> = {
      iss: this.url,
      aud: AUDIENCE,
      sub: 'somebody',
      iat: nowS,
      exp: nowS + 300,
      roles: ['viewer'],
      ...claims,
    };
    const payload = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as JWTPayload;
    const protectedHeader = { alg, kid: own.kid, typ: 'at+jwt', ...header };
    const told = Object.fromEntries(Object.entries(protectedHeader).filter(([, value]) => value !== undefined));
    return new SignJWT(payload).setProtectedHeader(told as typeof protectedHeader).sign(key ?? own.privateKey);
  }

  /** An access token as the provider itself gives it to a program. */
  async machineToken(): Promise<string> {
    const answer = await fetch(`${this.url}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${MACHINE}:${encodeURIComponent(SECRET)}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: AUDIENCE }),
    });
    const { access_token: token } = (await answer.json()) as { access_token?: string };
    if (token === undefined) throw new Error(`no token: ${answer.status}`);
    return token;
  }

  #listen(server: Server): void {
    server.on('request', (request, response) => {
      if (request.url === '/jwks') this.keyFetches++;
      void this.#handle?.(request, response);
    });
  }

  async #build(): Promise<void> {
    const jwks = await Promise.all(
      this.#keys.map(async ({ kid, alg, privateKey }): Promise<JWK> => ({
        ...(await exportJWK(privateKey)),
        kid,
        alg,
        use: 'sig',
      })),
    );
    const { rolesIn, redirectUris } = this.#shape;
    const person = { redirect_uris: [...redirectUris], grant_types: ['authorization_code'], response_types: ['code' as const] };
    const roles = ['roles', 'realm_access'];
    const configuration: Configuration = {
      jwks: { keys: jwks },
      cookies: { keys: ['of a test'] },
      clients: [
        { ...person, client_id: PUBLIC_CLIENT, token_endpoint_auth_method: 'none' },
        { ...person, client_id: SECRET_CLIENT, client_secret: SECRET, token_endpoint_auth_method: 'client_secret_post' },
        { client_id: MACHINE, client_secret: SECRET, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
      ],
      claims: { openid: ['sub'], profile: ['name', ...(rolesIn === 'access_token' ? [] : roles)] },
      conformIdTokenClaims: rolesIn !== 'id_token',
      findAccount: (_, sub) => ({ accountId: sub, claims: () => Promise.resolve({ sub, ...PEOPLE[sub] }) }),
      extraTokenClaims: (_, token) => ({ roles: 'accountId' in token ? PEOPLE[token.accountId]?.['roles'] : ['ingest'] }),
      pkce: { required: () => true },
      ttl: { AccessToken: 300, ClientCredentials: 300, IdToken: 300, Grant: 300, Interaction: 300, Session: 300 },
      features: {
        devInteractions: { enabled: true },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => (rolesIn === 'access_token' ? AUDIENCE : ''),
          useGrantedResource: () => true,
          getResourceServerInfo: () => ({ scope: '', audience: AUDIENCE, accessTokenFormat: 'jwt' }),
        },
      },
    };
    this.#handle = await quietly(async () => new (await import('oidc-provider')).Provider(this.url, configuration).callback());
  }
}

async function signingKey(alg: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid: crypto.randomUUID(), alg, privateKey, publicKey };
}

async function listening(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** It tells of everything that would be unwise outside of tests, and of Node 20. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const { info, warn } = console;
  const without =
    (tell: (...told: unknown[]) => void) =>
    (...told: unknown[]): void => {
      if (!String(told[0]).includes('oidc-provider')) tell(...told);
    };
  console.info = without(info);
  console.warn = without(warn);
  try {
    return await work();
  } finally {
    console.info = info;
    console.warn = warn;
  }
}
