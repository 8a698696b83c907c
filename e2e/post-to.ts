import type { RunningSystem } from './start-system.ts';

/** POST below `/api/v1` with the key of an installation; throws for anything but success. */
export async function postTo<T>({ api, key }: Pick<RunningSystem, 'api' | 'key'>, path: string, body: unknown): Promise<T> {
  const response = await fetch(`${api}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}
