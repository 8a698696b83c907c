import { addressOf, type Answer, type Asked, type Question, type RouteName } from '@fleetbeat/contracts/client/client.ts';
import { ApiProblem, problemOf, unreachable } from './problem.ts';

/** The one way to the REST API. Rejects with an `ApiProblem`, or with an `AbortError` when aborted. */

let whenSignedOut: () => void = () => {};

/** Names what happens when the server answers 401. */
export function onSignedOut(handler: () => void): void {
  whenSignedOut = handler;
}

interface How {
  signal?: AbortSignal | undefined;
  /** Only if nobody else has changed the thing since. */
  revision?: number | undefined;
  /** Goes on when the page is left. */
  keepalive?: boolean | undefined;
  /** The type of a body that is text; JSON otherwise. */
  media?: string | undefined;
}

/** Asks a route, by its name as in the API's document: `ask('get /tasks/{task_id}', { params: { task_id: id } })`. */
export function ask<Name extends RouteName>(name: Name, ...[question]: Asked<Question<Name> & How>): Promise<Answer<Name>> {
  const given = question ?? ({} as Question<Name> & How);
  const { method, url } = addressOf(name, given);
  const { body, signal, revision, keepalive, media } = given;
  return request<Answer<Name>>(method, url, {
    ...(body === undefined ? {} : { body: media === undefined ? JSON.stringify(body) : String(body) }),
    headers: {
      ...(revision === undefined ? {} : { 'if-match': `"${revision}"` }),
      ...(media === undefined ? {} : { 'content-type': media }),
    },
    ...(signal === undefined ? {} : { signal }),
    ...(keepalive === undefined ? {} : { keepalive }),
  });
}

async function request<T>(
  method: string,
  path: string,
  init: RequestInit & { headers?: Record<string, string> } = {},
): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      ...init,
      method,
      credentials: 'same-origin',
      headers: { accept: 'application/json', ...(init.body ? { 'content-type': 'application/json' } : {}), ...init.headers },
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachable();
  }
  if (!answer.ok) {
    const problem = await problemOf(answer);
    if (answer.status === 401 && !path.endsWith('/session')) whenSignedOut();
    throw problem;
  }
  if (answer.status === 204 || answer.headers.get('content-length') === '0') return undefined as T;
  try {
    return (await answer.json()) as T;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiProblem(answer.status, 'The answer cannot be read', 'The server answered with something other than JSON.');
  }
}
