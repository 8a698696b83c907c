import { EVENT_TOPICS, type Topic } from '@fleetbeat/contracts/events.ts';
import { LogUnavailable, type EventLog, type NewRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';

const TICK_MS = 1_000;
const NOTHING = new Uint8Array(0);

/** What the gateway needs of an event log. */
export type WritableLog = Pick<EventLog, 'engine' | 'createTopics' | 'partitionCount' | 'append'>;

export interface AppendObserver {
  appended(outcome: 'ok' | 'unavailable' | 'error', seconds: number): void;
  availability(available: boolean): void;
}

/**
 * The event log as requests see it. Each second it gets a tick in every partition, by which processors tell
 * silence from a log that stands still. Where an append fails the log counts as away: requests are refused
 * at once, instead of piling up, until a tick gets through.
 */
export class GuardedLog {
  readonly #log: WritableLog;
  readonly #logger: Logger;
  readonly #observer: AppendObserver;
  #partitions: ReadonlyMap<Topic, number> | undefined;
  #state: 'unknown' | 'here' | 'away' = 'unknown';
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> | undefined;

  constructor(log: WritableLog, logger: Logger, observer: AppendObserver) {
    this.#log = log;
    this.#logger = logger;
    this.#observer = observer;
  }

  /** The number of partitions of every event topic, undefined while the log takes nothing. */
  get partitions(): ReadonlyMap<Topic, number> | undefined {
    return this.#state === 'here' ? this.#partitions : undefined;
  }

  /** Begins to tick; resolves after the first attempt, whether or not it got through. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
    await this.#tick();
  }

  /** Stops ticking. Appends under way go on. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#ticking;
  }

  /** Resolves when the records are durable. Rejects with `LogUnavailable` where they may not be. */
  async append(records: readonly NewRecord[]): Promise<void> {
    if (this.#state !== 'here') throw new LogUnavailable('the event log is away');
    const start = performance.now();
    let outcome: 'ok' | 'unavailable' | 'error' = 'ok';
    try {
      await this.#log.append(records);
    } catch (error) {
      outcome = error instanceof LogUnavailable ? 'unavailable' : 'error';
      if (outcome === 'unavailable') this.#setAway(error);
      throw error;
    } finally {
      this.#observer.appended(outcome, (performance.now() - start) / 1_000);
    }
  }

  #tick(): Promise<void> {
    // One at a time: a log that hangs must not collect ticks.
    this.#ticking ??= this.#appendTicks().finally(() => {
      this.#ticking = undefined;
    });
    return this.#ticking;
  }

  async #appendTicks(): Promise<void> {
    try {
      this.#partitions ??= await this.#findPartitions();
      const ticks: NewRecord[] = [];
      for (const [topic, count] of this.#partitions) {
        for (let partition = 0; partition < count; partition++) {
          ticks.push({ topic, partition, key: null, value: NOTHING, count: 0, tick: true });
        }
      }
      await this.#log.append(ticks);
      if (this.#state === 'here') return;
      this.#state = 'here';
      this.#observer.availability(true);
      this.#logger.info({ engine: this.#log.engine }, 'the event log takes events');
    } catch (error) {
      this.#setAway(error);
    }
  }

  async #findPartitions(): Promise<ReadonlyMap<Topic, number>> {
    await this.#log.createTopics();
    const counts = new Map<Topic, number>();
    for (const topic of EVENT_TOPICS) counts.set(topic, await this.#log.partitionCount(topic));
    return counts;
  }

  #setAway(error: unknown): void {
    if (this.#state === 'away') return;
    this.#state = 'away';
    this.#observer.availability(false);
    this.#logger.warn({ err: error }, 'the event log is away');
  }
}
