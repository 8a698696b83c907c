import { goto } from '$app/navigation';
import { page } from '$app/state';
import { parseRange, rangeBetween, SHORTEST, type Range } from './range.ts';

/** Ranges that were left by zooming in, the newest last: where zooming out leads back to. */
const left: string[] = [];
const MOST = 50;

/** Shows a range on this page, and on every page from here on. */
export function chooseRange(range: Range): Promise<void> {
  left.length = 0;
  return show(range.id, true);
}

/** Shows what lies between two moments, epoch milliseconds; at least as long as there is something to see. */
export function zoomIn(from: number, to: number): Promise<void> {
  const middle = (from + to) / 2;
  const half = Math.max(to - from, SHORTEST) / 2;
  left.push(parseRange(page.url.searchParams.get('range')).id);
  left.splice(0, left.length - MOST);
  return show(rangeBetween(Math.floor(middle - half), Math.ceil(middle + half)).id, false);
}

/** Back to what was shown before zooming in; nothing where nobody has. */
export async function zoomOut(): Promise<void> {
  const before = left.pop();
  if (before !== undefined) await show(before, true);
}

function show(id: string, replace: boolean): Promise<void> {
  const url = new URL(page.url.href);
  url.searchParams.set('range', id);
  return goto(`${url.pathname}${url.search}`, { replace, reset: false });
}
