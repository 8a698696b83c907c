/** Which dashboard a wall shows next, from the address of the one it shows. */

export const MIN_SECONDS = 5;
export const MAX_SECONDS = 3_600;

/** How long each is shown, in seconds; null where one is shown for good. */
export function secondsOf(text: number, ids: readonly string[]): number | null {
  if (ids.length < 2 || !Number.isFinite(text) || text <= 0) return null;
  return Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, text));
}

/** Ids as an address carries them. */
export function withIds(ids: readonly string[]): string {
  return ids.map(encodeURIComponent).join(',');
}

export function idsOf(text: string | null): string[] {
  return (text ?? '')
    .split(',')
    .filter((id) => id !== '')
    .map(decode);
}

/** The one after `current`, around; the first where `current` is none of them. */
export function nextOf(ids: readonly string[], current: string): string | undefined {
  return ids[(ids.indexOf(current) + 1) % ids.length];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
