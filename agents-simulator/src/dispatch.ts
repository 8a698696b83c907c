import type { Acknowledgement, Sender } from './sender.ts';
import { pause } from './sender.ts';
import type { PlannedEvent } from './scenario.ts';

/** What has been sent and answered so far, in events unless it says otherwise. */
export interface Progress {
  planned: number;
  sent: number;
  accepted: number;
  rejected: number;
  /** Events of batches that were never answered. */
  unknown: number;
  /** Requests that were sent again. */
  retries: number;
  /** The first few reasons for rejections and give-ups, each with how often. */
  readonly reasons: Map<string, number>;
}

export interface DispatchOptions {
  readonly batch: number;
  readonly connections: number;
  readonly paced: boolean;
  readonly sender: Sender;
  readonly onAcknowledged: (batch: readonly PlannedEvent[], acknowledgement: Acknowledgement) => void;
  /** Stops planning; what is under way is still waited for. */
  readonly signal: AbortSignal;
}

/** How often a paced run sends what has become due, in milliseconds. */
const PACE_MS = 50;
const MAX_REASONS = 5;

export function emptyProgress(): Progress {
  return { planned: 0, sent: 0, accepted: 0, rejected: 0, unknown: 0, retries: 0, reasons: new Map() };
}

/**
 * Sends events in batches, `connections` of them under way at a time, and resolves when the last is
 * answered. A run that is not paced goes as fast as batches are acknowledged; nothing piles up here.
 * A batch that nobody answers ends the run.
 */
export async function dispatch(events: Iterable<PlannedEvent>, progress: Progress, options: DispatchOptions): Promise<void> {
  const { batch: size, connections, paced, sender, onAcknowledged, signal } = options;
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const underWay = new Set<Promise<void>>();

  const submit = async (batch: readonly PlannedEvent[]): Promise<void> => {
    while (underWay.size >= connections) await Promise.race(underWay);
    if (failed.signal.aborted) return;
    progress.sent += batch.length;
    const sending = sendOne(batch).finally(() => underWay.delete(sending));
    underWay.add(sending);
  };
  const sendOne = async (batch: readonly PlannedEvent[]): Promise<void> => {
    try {
      const acknowledgement = await sender.send(batch, stop);
      progress.retries += acknowledgement.retries;
      progress.rejected += acknowledgement.rejected.length;
      progress.accepted += batch.length - acknowledgement.rejected.length;
      for (const { reason } of acknowledgement.rejected) note(progress, reason);
      onAcknowledged(batch, acknowledgement);
    } catch (error) {
      progress.unknown += batch.length;
      note(progress, error instanceof Error ? error.message : String(error));
      failed.abort();
    }
  };

  let batch: PlannedEvent[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const full = batch;
    batch = [];
    await submit(full);
  };
  for (const event of events) {
    while (paced && event.sendAt > Date.now() && !stop.aborted) {
      await flush();
      await pause(Math.min(PACE_MS, Math.max(1, event.sendAt - Date.now())), stop);
    }
    if (stop.aborted) break;
    progress.planned += 1;
    batch.push(event);
    if (batch.length >= size) await flush();
  }
  await flush();
  await Promise.all(underWay);
}

function note(progress: Progress, reason: string): void {
  const known = progress.reasons.get(reason);
  if (known !== undefined || progress.reasons.size < MAX_REASONS) progress.reasons.set(reason, (known ?? 0) + 1);
}
