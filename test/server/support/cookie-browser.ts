// As much of a browser as a sign-in needs: cookies by site and path, redirects one at a time, and the forms of the test's provider.
export interface Page {
  readonly status: number;
  /** Empty where there was none. */
  readonly location: string;
  readonly cookies: readonly string[];
  readonly body: string;
}

/** Where an address of a proxy really leads. */
export interface Proxy {
  readonly address: string;
  readonly to: string;
  readonly headers: Readonly<Record<string, string>>;
}

export class CookieBrowser {
  readonly #cookies = new Map<string, { readonly origin: string; readonly path: string; readonly pair: string }>();
  readonly #proxy: Proxy | undefined;

  constructor(proxy?: Proxy) {
    this.#proxy = proxy;
  }

  get(address: string, method = 'GET', body?: URLSearchParams): Promise<Page> {
    return this.#ask(new URL(address), method, body);
  }

  set(origin: string, name: string, value: string): void {
    for (const [key, cookie] of this.#cookies) {
      if (key.startsWith(`${origin} ${name} `)) this.#cookies.set(key, { ...cookie, pair: `${name}=${value}` });
    }
  }

  /** Fills in the provider's forms and follows its redirects. @returns the first address that is back at `home` */
  async signInAt(address: string, login: string, home: string): Promise<string> {
    let next = address;
    for (let step = 0; step < 20; step++) {
      if (next.startsWith(home)) return next;
      const page = await this.get(next);
      const action = /<form[^>]* action="([^"]+)"/.exec(page.body)?.[1];
      const prompt = /name="prompt" value="(\w+)"/.exec(page.body)?.[1] ?? '';
      const answer =
        action === undefined
          ? page
          : await this.get(new URL(action, next).href, 'POST', new URLSearchParams({ prompt, login, password: 'any' }));
      if (answer.location === '') throw new Error(`the provider answers ${answer.status}: ${answer.body.slice(0, 2000)}`);
      next = new URL(answer.location, next).href;
    }
    throw new Error('the provider sends the browser in circles');
  }

  async #ask(url: URL, method: string, body: URLSearchParams | undefined): Promise<Page> {
    const isProxied = this.#proxy !== undefined && url.href.startsWith(this.#proxy.address);
    const real = isProxied && this.#proxy !== undefined ? url.href.replace(this.#proxy.address, this.#proxy.to) : url.href;
    const cookie = [...this.#cookies.values()]
      .filter(({ origin, path }) => origin === url.origin && url.pathname.startsWith(path))
      .map(({ pair }) => pair)
      .join('; ');
    const answer = await fetch(real, {
      method,
      redirect: 'manual',
      headers: { ...(cookie === '' ? {} : { cookie }), ...(isProxied ? this.#proxy?.headers : {}) },
      ...(body === undefined ? {} : { body }),
    });
    const cookies = answer.headers.getSetCookie();
    for (const text of cookies) this.#keep(url.origin, text);
    return { status: answer.status, location: answer.headers.get('location') ?? '', cookies, body: await answer.text() };
  }

  #keep(origin: string, text: string): void {
    const [pair = '', ...attributes] = text.split(/; */);
    const path = attributes.find((attribute) => attribute.toLowerCase().startsWith('path='))?.slice('path='.length) ?? '/';
    const key = `${origin} ${pair.split('=', 1)[0] ?? ''} ${path}`;
    if (/; *max-age=0(;|$)/i.test(text)) this.#cookies.delete(key);
    else this.#cookies.set(key, { origin, path, pair });
  }
}
