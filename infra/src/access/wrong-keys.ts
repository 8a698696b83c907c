import { HttpProblem } from '../problem.ts';
import { hashToken } from './tokens.ts';

/** Different wrong keys that one address may send in a minute. */
export const WRONG_KEYS_A_MINUTE = 60;
const MINUTE_MS = 60_000;
const MAX_ADDRESSES = 10_000;
const MAX_RIGHT_KEYS = 10_000;

/**
 * Bounds what guessers of keys cost: of each address so many wrong keys are looked up in a minute, and then none, problem
 * `too-many-wrong-keys` (429). A key that is wrong again and again counts once, and one that was right before is always looked up,
 * so that neither a forgotten program nor a guesser locks out who shares its address. Counted in each process by itself.
 */
export interface WrongKeys {
  /** Runs `lookUp`, which rejects with a problem of status 401 where the key is wrong. `key` may stand in its header. */
  watch<T>(address: string, key: string, lookUp: () => Promise<T>): Promise<T>;
}

export function createWrongKeys(now: () => number = Date.now): WrongKeys {
  const wrong = new Map<string, { until: number; keys: Set<string> }>();
  const right = new Set<string>();

  /** What the address has sent in the minute that its first wrong key began. */
  function sentBy(address: string) {
    const sent = wrong.get(address);
    if (sent === undefined || sent.until > now()) return sent;
    wrong.delete(address);
    return undefined;
  }

  function count(address: string, id: string): void {
    const sent = sentBy(address);
    if (sent !== undefined) {
      // Many at once are all looked up, but not all remembered.
      if (sent.keys.size < WRONG_KEYS_A_MINUTE) sent.keys.add(id);
      return;
    }
    if (wrong.size >= MAX_ADDRESSES) forgetOldest(wrong);
    wrong.set(address, { until: now() + MINUTE_MS, keys: new Set([id]) });
  }

  return {
    async watch(address, key, lookUp) {
      const id = hashToken(key).toString('base64');
      const sent = sentBy(address);
      if (sent !== undefined && sent.keys.size >= WRONG_KEYS_A_MINUTE && !right.has(id)) {
        const seconds = Math.max(1, Math.ceil((sent.until - now()) / 1_000));
        throw new HttpProblem(429, 'too-many-wrong-keys', `too many wrong keys: try again in ${seconds} seconds`, {
          'retry-after': String(seconds),
        });
      }
      try {
        const answer = await lookUp();
        if (!right.has(id)) {
          if (right.size >= MAX_RIGHT_KEYS) forgetOldest(right);
          right.add(id);
        }
        return answer;
      } catch (error) {
        if (error instanceof HttpProblem && error.status === 401) {
          right.delete(id);
          count(address, id);
        }
        throw error;
      }
    },
  };
}

function forgetOldest(all: Map<string, unknown> | Set<string>): void {
  const oldest = all.keys().next();
  if (oldest.done !== true) all.delete(oldest.value);
}
