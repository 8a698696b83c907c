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

/** The message after which, or the moment from which on (the server's clock), there may be news that are not here. */
type Since = { since: number } | { since_time: number };

interface Topic {
  channel: Channel;
  agentId: string | undefined;
  users: number;
  /** Null once the server has confirmed the subscription, and before the first connection. */
  since: Since | null;
}

/** `late`: it was sent while this page was away, or not yet there. */
type Handler<T extends ServerEvent> = (data: ServerData[T], late: boolean) => void;

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
  /** Everything up to this message is here; null before the first connection. */
  #lastSeq: number | null = null;
  /** The newest message when this connection began: what has a lower number is late. */
  #helloSeq = 0;
  #welcomed = false;
  #readSince = 0;
  readonly #topics = new Map<string, Topic>();
  readonly #handlers = new Map<ServerEvent, Set<Handler<never>>>();
  readonly #resyncs = new Set<() => Promise<unknown> | void>();
  readonly #behind = new SvelteMap<string, number>();

  /**
   * Connects until the returned function is called: once the page has time for it, with code that it is shown without. Nothing
   * on the page was asked for before `readSince`, in milliseconds after it was opened.
   */
  start(readSince = 0): () => void {
    this.#readSince = readSince;
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
    socket.onAny((type: ServerEvent, message: LiveMessage) => {
      if (type !== 'connected') this.#receive(type, message);
    });
    const pings = setInterval(() => this.#ping(), PING_EVERY);
    return () => {
      clearInterval(pings);
      socket.removeAllListeners();
      socket.disconnect();
      this.#socket = null;
      this.#welcomed = false;
      this.state = 'connecting';
    };
  }

  /** Calls `handler` for every message of a type, until the returned function is called. */
  on<T extends ServerEvent>(type: T, handler: Handler<T>): () => void {
    const handlers = this.#handlers.get(type) ?? new Set();
    handlers.add(handler as Handler<never>);
    this.#handlers.set(type, handlers);
    return () => void handlers.delete(handler as Handler<never>);
  }

  /** Calls `reload` when too much was missed to be caught up: everything must be read over REST again. */
  onResync(reload: () => Promise<unknown> | void): () => void {
    this.#resyncs.add(reload);
    return () => void this.#resyncs.delete(reload);
  }

  /**
   * Subscribes while somebody uses the channel; returns how to stop using it. What has come since the page was read, or since
   * this call, is heard, however long it takes until the server has confirmed: whoever reads no earlier misses nothing.
   */
  subscribe(channel: Channel, agentId?: string): () => void {
    const key = `${channel} ${agentId ?? ''}`;
    const since = this.#lastSeq === null ? null : { since: this.#lastSeq };
    const topic = this.#topics.get(key) ?? { channel, agentId, users: 0, since };
    topic.users += 1;
    this.#topics.set(key, topic);
    if (topic.users === 1 && this.#welcomed) void this.#join([topic]);
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
    const late = message.seq <= this.#helloSeq;
    this.#lastSeq = Math.max(this.#lastSeq ?? 0, message.seq);
    for (const handler of this.#handlers.get(type) ?? []) handler(message.data as never, late);
  }

  #welcome(hello: ServerData['connected']): void {
    this.heardAt = Date.now();
    clock.set(hello.server_time);
    const again = this.#stream !== null;
    const otherStream = again && this.#stream !== hello.stream;
    this.#stream = hello.stream;
    // What this answer took to come makes the moment an earlier one.
    const first = { since_time: hello.server_time - (performance.now() - this.#readSince) };
    const since = this.#lastSeq === null ? first : { since: this.#lastSeq };
    for (const topic of this.#topics.values()) topic.since ??= since;
    this.#lastSeq = hello.seq;
    this.#helloSeq = hello.seq;
    this.#welcomed = true;
    this.reason = null;
    this.state = again ? 'catching-up' : 'connecting';
    void this.#join([...this.#topics.values()], otherStream);
  }

  /** Subscribes, and has everything read again where more was missed than the server knows. */
  async #join(topics: readonly Topic[], missed = false): Promise<void> {
    const answers = await Promise.all(topics.map((topic) => this.#ask(topic)));
    if (answers.includes(null)) return;
    if (missed || answers.some((answer) => answer?.resync === true)) {
      await Promise.allSettled([...this.#resyncs].map(async (reload) => reload()));
    }
    if (this.#socket?.connected) this.state = 'live';
  }

  /** Asks until the server has answered; null where the connection ends before. */
  async #ask(topic: Topic): Promise<SubscriptionAnswer | null> {
    const socket = this.#socket;
    // What the server says to the second question hides what it had to say to the first.
    for (let unheard = false; socket?.connected === true && topic.users > 0; unheard = true) {
      try {
        const answer = (await socket.timeout(PING_WITHIN).emitWithAck('subscribe', {
          channel: topic.channel,
          ...(topic.agentId === undefined ? {} : { agent_id: topic.agentId }),
          ...topic.since,
        })) as SubscriptionAnswer;
        topic.since = null;
        if (!answer.ok) this.reason = answer.reason ?? `the channel ${topic.channel} was refused`;
        return unheard ? { ...answer, resync: true } : answer;
      } catch {
        // Too late, or disconnected.
      }
    }
    return topic.users > 0 ? null : { ok: true };
  }

  #ping(): void {
    const socket = this.#socket;
    if (!socket?.connected) return;
    socket.timeout(PING_WITHIN).emit('ping', (late: Error | null, answer?: { seq: number }) => {
      if (this.#socket !== socket) return;
      if (late) {
        if (Date.now() - (this.heardAt ?? 0) > PING_EVERY + PING_WITHIN) this.#lost('the server does not answer');
        return;
      }
      this.heardAt = Date.now();
      // Whatever was for this page has come before the answer.
      if (this.#welcomed) this.#lastSeq = Math.max(this.#lastSeq ?? 0, answer?.seq ?? 0);
      if (this.state === 'offline' && socket.connected) this.state = 'live';
    });
  }

  #lost(reason: string): void {
    this.reason = reason;
    if (this.#socket?.connected !== true) this.#welcomed = false;
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
