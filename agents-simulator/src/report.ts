import type { Difference } from './compare.ts';
import type { Progress } from './dispatch.ts';
import type { Latencies } from './latencies.ts';
import { count } from './progress-line.ts';
import type { Verification } from './verify.ts';

const MAX_DIFFERENCES = 50;

/** What a run did, in lines. `duplicates` is what the pipeline recognised meanwhile; null where not known. */
export function reportRun(
  progress: Progress,
  seconds: number,
  acknowledgements: Latencies,
  screen: Latencies | undefined,
  duplicates: number | null,
): string[] {
  const lines = [
    `sent ${count(progress.sent)}  accepted ${count(progress.accepted)}  rejected ${count(progress.rejected)}  ` +
      `retried requests ${count(progress.retries)}${duplicates === null ? '' : `  duplicates ${count(duplicates)}`}` +
      `  in ${seconds.toFixed(1)} s (${count(progress.accepted / Math.max(0.001, seconds))}/s)`,
    `acknowledgement p50 ${ms(acknowledgements.quantile(0.5))}  p99 ${ms(acknowledgements.quantile(0.99))}` +
      (screen === undefined
        ? ''
        : `  event to screen p50 ${ms(screen.quantile(0.5))}  p99 ${ms(screen.quantile(0.99))} (${count(screen.count)} samples)`),
  ];
  if (progress.unknown > 0) lines.push(`unanswered ${count(progress.unknown)}: nobody knows whether they have arrived`);
  for (const [reason, times] of progress.reasons) lines.push(`  ${count(times)} x ${reason}`);
  return lines;
}

/** What the verification found, in lines. */
export function reportVerification({ differences, totals, compared, skipped }: Verification): string[] {
  const lines = [
    `responses ${count(totals.total_responses)}  input tokens ${count(totals.input_tokens)}  output tokens ${count(totals.output_tokens)}`,
    `compared ${compared.join(', ')}`,
    ...skipped.map((reason) => `not compared: ${reason}`),
  ];
  if (differences.length === 0) return [...lines, 'verified: every figure is as the ledger says'];
  return [...lines, `${count(differences.length)} DIFFERENCES`, ...differenceTable(differences)];
}

/** The first differences as the lines of a table. */
export function differenceTable(differences: readonly Difference[]): string[] {
  const rows = [
    ['whose', 'figure', 'ledger', 'API'],
    ...differences
      .slice(0, MAX_DIFFERENCES)
      .map(({ scope, field, expected, actual }) => [scope, field, String(expected), String(actual)]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map(
    (row) =>
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}`,
  );
  return differences.length > MAX_DIFFERENCES ? [...table, `  and ${count(differences.length - MAX_DIFFERENCES)} more`] : table;
}

function ms(value: number | null): string {
  return value === null ? '-' : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
