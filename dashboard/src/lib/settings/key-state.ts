import type { ApiKeyListed } from '@fleetbeat/contracts/users.ts';

export type KeyState = 'works' | 'over' | 'revoked';
export const KEY_STATE_WORDS: Readonly<Record<KeyState, string>> = { works: 'Works', over: 'Has ended', revoked: 'Revoked' };

/** Whether a key opens anything at `now`. */
export function keyState(
  { revoked_at: revoked, expires_at: expires }: Pick<ApiKeyListed, 'revoked_at' | 'expires_at'>,
  now: number,
): KeyState {
  if (revoked !== null) return 'revoked';
  return expires !== null && expires <= now ? 'over' : 'works';
}
