import { io } from 'socket.io-client';
import * as z from 'zod';
import type { RunningSystem } from '../start-system.ts';

/** A dashboard that stays open all the time and comes back by itself after every outage. */
export interface Screen {
  /** Up to when every agent event is on it, epoch milliseconds of the log; 0 at first. */
  readonly through: number;
  close(): void;
}

const updateSchema = z.object({ data: z.object({ view: z.literal('fleet'), through: z.number() }) });

export function watchScreen(system: Pick<RunningSystem, 'api' | 'key'>): Screen {
  const socket = io(system.api, {
    transports: ['websocket'],
    reconnectionDelayMax: 1_000,
    extraHeaders: { authorization: `Bearer ${system.key}` },
  });
  let through = 0;
  socket.on('connect', () => {
    socket.emit('subscribe', { channel: 'metrics' });
  });
  socket.on('visualization_update', (message: unknown) => {
    const update = updateSchema.safeParse(message);
    if (update.success) through = Math.max(through, update.data.data.through);
  });
  return {
    get through() {
      return through;
    },
    close: () => {
      socket.close();
    },
  };
}
