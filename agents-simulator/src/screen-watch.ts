import { io } from 'socket.io-client';
import * as z from 'zod';
import { createLatencies, type Latencies } from './latencies.ts';

/**
 * Measures how long an event takes to the screen, as a dashboard on this machine would see it: from the
 * sending of a batch to the first live message that covers every event appended before the batch was
 * acknowledged. All times are of this machine's clock, so it and the log's must be the same.
 */
export interface ScreenWatch {
  readonly latencies: Latencies;
  /** A batch was acknowledged; times are epoch milliseconds. */
  acknowledged(sentAt: number, acknowledgedAt: number): void;
  /** Batches that no message has covered yet. */
  readonly pending: number;
  close(): void;
}

const updateSchema = z.object({ data: z.object({ through: z.number() }) });
/** Samples at most this often, in milliseconds, and this many at a time. */
const SAMPLE_EVERY_MS = 20;
const MAX_PENDING = 10_000;

export function watchScreen(api: string, key: string | undefined): ScreenWatch {
  const latencies = createLatencies();
  let waiting: { sentAt: number; acknowledgedAt: number }[] = [];
  let lastSample = 0;
  const socket = io(api, {
    transports: ['websocket'],
    ...(key === undefined ? {} : { extraHeaders: { authorization: `Bearer ${key}` } }),
  });
  socket.on('connect', () => {
    socket.emit('subscribe', { channel: 'metrics' });
  });
  socket.on('visualization_update', (message: unknown) => {
    const now = Date.now();
    const parsed = updateSchema.safeParse(message);
    if (!parsed.success) return;
    const { through } = parsed.data.data;
    waiting = waiting.filter(({ sentAt, acknowledgedAt }) => {
      if (acknowledgedAt > through) return true;
      latencies.add(now - sentAt);
      return false;
    });
  });
  return {
    latencies,
    acknowledged(sentAt, acknowledgedAt) {
      if (!socket.connected || acknowledgedAt - lastSample < SAMPLE_EVERY_MS || waiting.length >= MAX_PENDING) return;
      lastSample = acknowledgedAt;
      waiting.push({ sentAt, acknowledgedAt });
    },
    get pending() {
      return waiting.length;
    },
    close: () => {
      socket.close();
    },
  };
}
