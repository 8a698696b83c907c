import { problemSchema, type Problem } from '@fleetbeat/contracts/api.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  readonly problem: Problem | null;
  /** Of the problem; null where there is none. */
  readonly code: string | null;
}

/** Keeps cookies and names its origin, as browsers do. */
export class Browser {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #cookies = new Map<string, string>();
  /** As the server set them, with their attributes. */
  readonly setCookies: string[] = [];

  /** `headers` go with every request. */
  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url;
    this.#headers = headers;
  }

  /** Sends a form. */
  submit(url: string, fields: Record<string, string>): Promise<Answer> {
    return this.#send('POST', url, new URLSearchParams(fields).toString(), 'application/x-www-form-urlencoded', {});
  }

  /** `path` is one of the API, or a whole URL. Redirects are not followed. */
  ask(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send(method, path, body === undefined ? undefined : JSON.stringify(body), 'application/json', headers);
  }

  async #send(
    method: string,
    path: string,
    body: string | undefined,
    type: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const response = await fetch(path.startsWith('http') ? path : `${this.#url}/api/v1${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(method === 'GET' ? {} : { origin: this.#url }),
        ...(this.#cookies.size === 0 ? {} : { cookie: this.#cookieHeader() }),
        ...(body === undefined ? {} : { 'content-type': type }),
        ...this.#headers,
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
    const said: unknown = isJson ? JSON.parse(text) : text;
    const problem = response.status >= 400 && isJson ? problemSchema.parse(said) : null;
    const code = problem?.type.split(':').at(-1) ?? null;
    return { status: response.status, headers: response.headers, body: said, problem, code };
  }

  signIn(email: string, password: string): Promise<Answer> {
    return this.ask('POST', '/auth/sign-in', { email, password });
  }

  /** Another with the same cookies. */
  copy(): Browser {
    const copy = new Browser(this.#url, this.#headers);
    for (const [name, value] of this.#cookies) copy.#cookies.set(name, value);
    return copy;
  }

  tamper(change: (value: string) => string): void {
    for (const [name, value] of this.#cookies) this.#cookies.set(name, change(value));
  }

  #cookieHeader(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  #keep(cookie: string): void {
    this.setCookies.push(cookie);
    const [pair = ''] = cookie.split(';', 1);
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals);
    const value = pair.slice(equals + 1);
    if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(cookie)) this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}
