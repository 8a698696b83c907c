import type { Progress } from './attempt.ts';

/** How far a recompute is after so many milliseconds, in a line for people. */
export function progressLine({ sources, sourcesDone, records, recordsRead }: Progress, elapsedMs: number): string {
  const rate = elapsedMs > 0 ? (recordsRead / elapsedMs) * 1_000 : 0;
  const share = records === 0 ? 100 : Math.floor((recordsRead / records) * 100);
  const left = rate > 0 ? `, ${duration((records - recordsRead) / rate)} left` : '';
  return `${share}%: ${recordsRead} of ${records} records, ${sourcesDone} of ${sources} partitions, ${Math.round(rate)} records/s${left}`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
