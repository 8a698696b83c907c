import type { Progress } from './dispatch.ts';

const EVERY_MS = 5_000;
const TTY_EVERY_MS = 250;
const BAR = 20;

export interface ProgressLine {
  stop(): void;
}

/**
 * Shows how far a run has come: in place on a terminal, else a line every 5 s.
 *
 * @param share how much of the run is done, 0 to 1; undefined for one without end
 * @param lag events that the pipeline has not stored yet; null where not known
 */
export function showProgress(
  out: NodeJS.WriteStream,
  progress: Progress,
  share: () => number | undefined,
  lag: () => number | null,
): ProgressLine {
  const started = Date.now();
  let previous = { at: started, accepted: 0 };
  const show = (): void => {
    const now = Date.now();
    const rate = ((progress.accepted - previous.accepted) * 1_000) / Math.max(1, now - previous.at);
    if (now - previous.at >= 1_000) previous = { at: now, accepted: progress.accepted };
    const line = formatProgress(progress, { seconds: (now - started) / 1_000, rate, share: share(), lag: lag() });
    if (out.isTTY) out.write(`\r${line}\u001b[K`);
    else out.write(`${line}\n`);
  };
  const timer = setInterval(show, out.isTTY ? TTY_EVERY_MS : EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      if (!out.isTTY) return;
      show();
      out.write('\n');
    },
  };
}

export function formatProgress(
  progress: Progress,
  { seconds, rate, share, lag }: { seconds: number; rate: number; share: number | undefined; lag: number | null },
): string {
  const filled = share === undefined ? undefined : Math.round(BAR * Math.min(1, Math.max(0, share)));
  const parts = [
    filled === undefined ? '' : `[${'='.repeat(filled)}${' '.repeat(BAR - filled)}]`,
    `${Math.round(seconds)} s`,
    `sent ${count(progress.sent)}`,
    `acknowledged ${count(progress.accepted)}`,
    `${count(rate)}/s`,
    lag === null ? '' : `lag ${count(lag)} events`,
    progress.rejected > 0 ? `rejected ${count(progress.rejected)}` : '',
    progress.retries > 0 ? `retried ${count(progress.retries)}` : '',
  ];
  return parts.filter((part) => part !== '').join('  ');
}

/** A whole number with thousands separated: 18,059,974. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
