import { randomUUID } from 'node:crypto';
import { CHANNEL_OF, type Channel, type LiveMessage, type ServerData } from '@fleetbeat/contracts/live.ts';
import { ownerOf, type Authenticated } from '../access/authenticated.ts';
import { RingBuffer } from './ring-buffer.ts';

/**
 * Gives every live message its number, remembers the newest, and hands them to the servers of sockets.
 * Rooms are what sockets are in: a channel, or one agent's series.
 */

export type Room = Channel | `agent:${string}`;
export type PublishedEvent = keyof typeof CHANNEL_OF;

export interface Published<T extends PublishedEvent = PublishedEvent> {
  readonly room: Room;
  readonly message: LiveMessage<T>;
}

/** Whether somebody wants to hear of a notice. */
export type Hears = (who: Authenticated, notice: ServerData['notification']) => boolean;

/** Which messages do not go to everybody in the room. */
export const PERSONAL: ReadonlySet<PublishedEvent> = new Set(['notification', 'notifications_read']);

/** Whether a message goes to somebody: notices to those who want them, what was read to whoever has read it. */
export function isFor(who: Authenticated, { type, data }: Published['message'], hears: Hears): boolean {
  if (type === 'notification') return hears(who, data as ServerData['notification']);
  return type !== 'notifications_read' || (data as ServerData['notifications_read']).reader === ownerOf(who);
}

/** After the message of this number, or from this moment on, in epoch milliseconds. */
export type Since = { readonly seq: number } | { readonly time: number };

export interface Hub {
  /** Names the numbering: numbers of two streams cannot be compared. */
  readonly stream: string;
  /** The number of the newest message. */
  readonly seq: number;
  /** Sends a message to everybody in the channel of its type, or in `room`. */
  publish<T extends PublishedEvent>(type: T, data: ServerData[T], room?: Room): void;
  /** What was sent to the rooms since, oldest first; null where that is no longer known, or a number is of another stream. */
  missed(rooms: readonly Room[], since: Since): Published[] | null;
  onMessage(listener: (published: Published) => void): void;
}

/** Messages remembered for those who come back, and their size as JSON, in characters. */
const REMEMBERED = 4_096;
const REMEMBERED_SIZE = 16e6;

export function createHub(now: () => number = Date.now): Hub {
  const listeners: ((published: Published) => void)[] = [];
  const ring = new RingBuffer<Published & { readonly at: number }>(REMEMBERED, REMEMBERED_SIZE);
  const startedAt = now();
  // Starting from the clock in microseconds, no two processes give out the same numbers: a client that
  // comes from another one is told to read again.
  let seq = startedAt * 1_000;
  /** Everything after this number, and after this moment, is still remembered. */
  let remembersAfter = { seq, time: startedAt };

  return {
    stream: randomUUID(),
    get seq() {
      return seq;
    },

    publish(type, data, room = CHANNEL_OF[type]) {
      const published = { room, message: { type, data, seq: ++seq } } as Published;
      const last = ring.push({ ...published, at: now() }, sizeOf(data)).at(-1);
      if (last !== undefined) remembersAfter = { seq: last.message.seq, time: last.at };
      for (const listener of listeners) listener(published);
    },

    missed(rooms, since) {
      if ('time' in since) {
        if (since.time <= remembersAfter.time) return null;
        return [...ring].filter(({ room, at }) => at >= since.time && rooms.includes(room));
      }
      if (since.seq < remembersAfter.seq || since.seq > seq) return null;
      return [...ring].filter(({ room, message }) => message.seq > since.seq && rooms.includes(room));
    },

    onMessage(listener) {
      listeners.push(listener);
    },
  };
}

/** A cheap bound on the size of a message as JSON. */
function sizeOf(data: unknown): number {
  if (typeof data === 'object' && data !== null && 'points' in data && Array.isArray(data.points))
    return 200 + 700 * data.points.length;
  return JSON.stringify(data).length;
}
