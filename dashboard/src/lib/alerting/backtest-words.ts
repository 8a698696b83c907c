import type { BacktestAnswer } from '@fleetbeat/contracts/backtest.ts';
import { formatLength } from '@fleetbeat/contracts/format-duration.ts';
import { formatCount } from '@fleetbeat/contracts/format-number.ts';

/** "Would have fired 14 times, paged 3 people 5 times, for 2 hours in total." */
export function backtestSentence({ fired, firing_ms: ms, telling }: BacktestAnswer): string {
  if (fired === 0) return 'Would not have fired.';
  const { people, pages } = telling;
  const paged =
    pages === 0 ? 'paged nobody' : `paged ${people.length === 1 ? '1 person' : `${people.length} people`} ${times(pages)}`;
  return `Would have fired ${times(fired)}, ${paged}, for ${formatLength(ms)} in total.`;
}

function times(count: number): string {
  return count === 1 ? 'once' : formatCount(count, 'time');
}
