import type { Channel, LiveMessage, ServerData, ServerEvent } from '@fleetbeat/contracts/live.ts';
import type { io, Socket } from 'socket.io-client';
import { SvelteMap } from 'svelte/reactivity';
import { whenIdle } from '../ui/when-idle.ts';
import { clock } from './clock.svelte.ts';

/** How often the server is asked whether it is there, and how long an answer may take, in milliseconds. */
const PING_EVERY = 5_000;
const PING_WITHIN = 4_000;

export type ConnectionState = 'connecting' | 'live' | 'catching-up' | 'offline';

interface SubscriptionAnswer {
  ok: boolean;
  resync?: boolean;
  reason?: string;
}

interface Topic {
  channel: Channel;
  agentId: string | undefined;
  users: number;
}

type Handler<T extends ServerEvent> = (data: ServerData[T]) => void;

/**
 * The one live connection of the page. Its state is what can be known: `live` only while the server answers
 * pings; `catching-up` from a reconnection until everything missed has been asked for and answered.
 */
class LiveConnection {
  state = $state<ConnectionState>('connecting');
  /** When the server was last heard, on this device's clock; null before the first time. */
  heardAt = $state<number | null>(null);
  reason = $state<string | null>(null);

  #socket: Socket | null = null;
  #stream: string | null = null;
  #lastSeq: number | null = null;
  readonly #topics = new Map<string, Topic>();
  readonly #handlers = new Map<ServerEvent, Set<(data: never) => void>>();
  readonly #resyncs = new Set<() => Promise<unknown> | void>();
  readonly #behind = new SvelteMap<string, number>();

  /** Connects until the returned function is called: once the page has time for it, with code that it is shown without. */
  start(): () => void {
    let stopped = false;
    let stop = whenIdle(() => {
      import('socket.io-client').then(
        ({ io: connect }) => {
          if (!stopped) stop = this.#open(connect);
        },
        (error: unknown) => this.#lost(String(error)),
      );
    });
    return () => {
      stopped = true;
      stop();
    };
  }

  #open(connect: typeof io): () => void {
    const socket = connect({
      path: '/socket.io',
      transports: ['websocket', 'polling'],
      reconnectionDelayMax: 5_000,
      withCredentials: true,
    });
    this.#socket = socket;
    socket.on('connect_error', (error) => this.#lost(error.message));
    socket.on('disconnect', (reason) => this.#lost(reason));
    socket.on('connected', (message: LiveMessage<'connected'>) => this.#welcome(message.data));
    socket.onAny((type: ServerEvent, message: LiveMessage) => this.#receive(type, message));
    const pings = setInterval(() => this.#ping(), PING_EVERY);
    return () => {
      clearInterval(pings);
      socket.removeAllListeners();
      socket.disconnect();
      this.#socket = null;
      this.state = 'connecting';
    };
  }

  /** Calls `handler` for every message of a type, until the returned function is called. */
  on<T extends ServerEvent>(type: T, handler: Handler<T>): () => void {
    const handlers = this.#handlers.get(type) ?? new Set();
    handlers.add(handler as (data: never) => void);
    this.#handlers.set(type, handlers);
    return () => void handlers.delete(handler as (data: never) => void);
  }

  /** Calls `reload` when too much was missed to be caught up: everything must be read over REST again. */
  onResync(reload: () => Promise<unknown> | void): () => void {
    this.#resyncs.add(reload);
    return () => void this.#resyncs.delete(reload);
  }

  /** Subscribes while somebody uses the channel; returns how to stop using it. */
  subscribe(channel: Channel, agentId?: string): () => void {
    const key = `${channel} ${agentId ?? ''}`;
    const topic = this.#topics.get(key) ?? { channel, agentId, users: 0 };
    topic.users += 1;
    this.#topics.set(key, topic);
    if (topic.users === 1 && this.#socket?.connected) void this.#ask(topic, false);
    return () => {
      topic.users -= 1;
      if (topic.users > 0) return;
      this.#topics.delete(key);
      this.#socket?.emit('unsubscribe', { channel, ...(agentId === undefined ? {} : { agent_id: agentId }) });
    };
  }

  reconnect(): void {
    this.#socket?.disconnect().connect();
  }

  #receive(type: ServerEvent, message: LiveMessage): void {
    this.heardAt = Date.now();
    if (typeof message?.seq === 'number') this.#lastSeq = Math.max(this.#lastSeq ?? 0, message.seq);
    for (const handler of this.#handlers.get(type) ?? []) handler(message.data as never);
  }

  #welcome(hello: ServerData['connected']): void {
    clock.set(hello.server_time);
    const again = this.#stream !== null;
    const sameStream = this.#stream === hello.stream;
    this.#stream = hello.stream;
    if (!sameStream) this.#lastSeq = hello.seq;
    this.reason = null;
    this.state = again ? 'catching-up' : 'connecting';
    void this.#resubscribe(again, sameStream);
  }

  async #resubscribe(again: boolean, sameStream: boolean): Promise<void> {
    const answers = await Promise.all([...this.#topics.values()].map((topic) => this.#ask(topic, again && sameStream)));
    const missed = again && (!sameStream || answers.some((answer) => answer?.resync === true));
    if (missed) await Promise.allSettled([...this.#resyncs].map(async (reload) => reload()));
    if (this.#socket?.connected) this.state = 'live';
  }

  async #ask(topic: Topic, since: boolean): Promise<SubscriptionAnswer | null> {
    const socket = this.#socket;
    if (!socket) return null;
    try {
      const answer = (await socket.timeout(PING_WITHIN).emitWithAck('subscribe', {
        channel: topic.channel,
        ...(topic.agentId === undefined ? {} : { agent_id: topic.agentId }),
        ...(since && this.#lastSeq !== null ? { since: this.#lastSeq } : {}),
      })) as SubscriptionAnswer;
      if (!answer.ok) this.reason = answer.reason ?? `the channel ${topic.channel} was refused`;
      return answer;
    } catch {
      return { ok: false, resync: true };
    }
  }

  #ping(): void {
    const socket = this.#socket;
    if (!socket?.connected) return;
    socket.timeout(PING_WITHIN).emit('ping', (late: Error | null) => {
      if (this.#socket !== socket) return;
      if (late && Date.now() - (this.heardAt ?? 0) > PING_EVERY + PING_WITHIN) {
        this.#lost('the server does not answer');
        return;
      }
      this.heardAt = Date.now();
      if (this.state === 'offline' && socket.connected) this.state = 'live';
    });
  }

  #lost(reason: string): void {
    this.reason = reason;
    if (this.state !== 'offline') this.state = 'offline';
  }

  /** Says up to when a series is known that has fallen behind its live stream; null when it has caught up. */
  setBehind(name: string, through: number | null): void {
    if (through !== null) this.#behind.set(name, through);
    else this.#behind.delete(name);
  }

  /** Up to when the series furthest behind is known, on the server's clock; null where all are up to date. */
  get behindSince(): number | null {
    return this.#behind.size === 0 ? null : Math.min(...this.#behind.values());
  }

  get shownState(): ConnectionState {
    return this.state === 'live' && this.#behind.size > 0 ? 'catching-up' : this.state;
  }
}

export const connection = new LiveConnection();
