import { NONE, TIERS, WHOLE, type PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { COLUMN, Partial } from '@fleetbeat/infra/time-series/partial.ts';
import type { DecodedEvent } from '../engine/decode.ts';
import { HEARTBEAT, measured, TYPES } from '../engine/measured.ts';
import { PartialTable, type KeyWindows } from './partial-table.ts';

const AT = COLUMN.events;
/** The column that counts each type, in the order of TYPES. */
const TYPE_COLUMN = [AT.user_messages, AT.responses, AT.tool_calls, AT.errors, AT.feedback, AT.heartbeats];
const WINDOW_MS = TIERS['10s'];

/** Partials of one 10 s window, by model, then by place in TYPES. */
interface WindowOfKinds {
  readonly models: Map<string, (Partial | undefined)[]>;
  events: number;
  /** `events` when this window was last published. */
  published: number;
}

/**
 * The rollups of agent events over one cut.
 *
 * An event touches two partials only: its agent's, and that of its (model, message type). What is asked
 * per model, per message type and for the whole fleet is merged from the latter when it is needed.
 */
export class EventRollup {
  readonly agents = new PartialTable('agent');
  readonly #windows = new Map<number, WindowOfKinds>();
  /** Events of each watched agent's windows when they were last taken. */
  readonly #shownOfAgents = new Map<string, Map<number, number>>();
  #lastStart = Number.NaN;
  #last: WindowOfKinds | undefined;
  #kinds = 0;

  /** How many partials are held. */
  get size(): number {
    return this.agents.size + this.#kinds;
  }

  /** Adds the event at hand, whose measures are in `measured`; `agent` is `agents.of` its agent. */
  add(event: DecodedEvent, agent: KeyWindows): void {
    const start = Math.floor(event.ts / WINDOW_MS) * WINDOW_MS;
    const window = start === this.#lastStart && this.#last !== undefined ? this.#last : this.#windowAt(start);
    window.events++;
    const { type } = measured;
    addTo(agent.at(start), type);
    addTo(this.#kindAt(window, measured.model ?? NONE, type), type);
  }

  /** The rows that the cut stores. */
  *rows(source: number, seq: number): Generator<PartialRow> {
    yield* this.agents.rows(source, seq);
    for (const table of this.derived()) yield* table.rows(source, seq);
  }

  /** Fleet, models and message types, as they are now. */
  derived(): PartialTable[] {
    return this.#derived(this.#windows.keys());
  }

  /** The windows of one agent that changed since the last call and start at `oldest` (epoch ms) or later. */
  takeChangedOfAgent(agentId: string, oldest: number): [window: number, partial: Partial][] {
    let shown = this.#shownOfAgents.get(agentId);
    const changed: [number, Partial][] = [];
    for (const [window, partial] of this.agents.windowsOf(agentId)) {
      const events = (partial.values[AT.messages] as number) + (partial.values[AT.heartbeats] as number);
      if (window < oldest || shown?.get(window) === events) continue;
      shown ??= new Map();
      shown.set(window, events);
      changed.push([window, partial]);
    }
    if (shown !== undefined) this.#shownOfAgents.set(agentId, shown);
    return changed;
  }

  /**
   * Fleet, model and message type partials of the windows that changed since the last call and start at
   * `oldest` (epoch ms) or later.
   */
  takeChanged(oldest: number): PartialTable[] {
    const changed: number[] = [];
    for (const [start, window] of this.#windows) {
      if (window.events === window.published || start < oldest) continue;
      window.published = window.events;
      changed.push(start);
    }
    return changed.length === 0 ? [] : this.#derived(changed);
  }

  #derived(starts: Iterable<number>): PartialTable[] {
    const fleet = new PartialTable('fleet');
    const models = new PartialTable('model');
    const types = new PartialTable('message_type');
    for (const start of starts) {
      for (const [model, kinds] of this.#windows.get(start)?.models ?? []) {
        kinds.forEach((partial, type) => {
          if (partial === undefined) return;
          fleet.of(WHOLE).at(start).merge(partial);
          types
            .of(TYPES[type] ?? NONE)
            .at(start)
            .merge(partial);
          if (type !== HEARTBEAT) models.of(model).at(start).merge(partial);
        });
      }
    }
    return [fleet, models, types];
  }

  #windowAt(start: number): WindowOfKinds {
    let window = this.#windows.get(start);
    if (window === undefined) {
      window = { models: new Map(), events: 0, published: 0 };
      this.#windows.set(start, window);
    }
    this.#lastStart = start;
    this.#last = window;
    return window;
  }

  #kindAt(window: WindowOfKinds, model: string, type: number): Partial {
    let kinds = window.models.get(model);
    if (kinds === undefined) {
      kinds = new Array<Partial | undefined>(TYPES.length).fill(undefined);
      window.models.set(model, kinds);
    }
    let partial = kinds[type];
    if (partial === undefined) {
      partial = new Partial('events');
      kinds[type] = partial;
      this.#kinds++;
    }
    return partial;
  }
}

function addTo(partial: Partial, type: number): void {
  if (type === HEARTBEAT) increment(partial, AT.heartbeats, 1);
  else addMessage(partial, type);
}

function addMessage(partial: Partial, type: number): void {
  increment(partial, AT.messages, 1);
  increment(partial, TYPE_COLUMN[type] ?? AT.heartbeats, 1);
  if (measured.input !== 0) increment(partial, AT.input_tokens, measured.input);
  if (measured.output !== 0) increment(partial, AT.output_tokens, measured.output);
  if (measured.cacheRead !== 0) increment(partial, AT.cache_read_tokens, measured.cacheRead);
  if (measured.cacheWrite !== 0) increment(partial, AT.cache_write_tokens, measured.cacheWrite);
  if (measured.reasoning !== 0) increment(partial, AT.reasoning_tokens, measured.reasoning);
  if (measured.other !== 0) increment(partial, AT.other_tokens, measured.other);
  if (measured.costMicros !== 0) increment(partial, AT.cost_micros, measured.costMicros);
  if (measured.scored) {
    increment(partial, AT.scored, 1);
    increment(partial, AT.score_micros, measured.scoreMicros);
  }
  if (measured.responseUs >= 0) addResponseTime(partial, measured.responseUs);
  if (measured.hasUser) {
    partial.addDistinct(measured.userHi, measured.userLo);
  }
}

function addResponseTime(partial: Partial, us: number): void {
  const { values } = partial;
  const first = values[AT.timed] === 0;
  increment(partial, AT.timed, 1);
  increment(partial, AT.response_us, us);
  if (first || us < (values[AT.response_us_min] as number)) values[AT.response_us_min] = us;
  if (first || us > (values[AT.response_us_max] as number)) values[AT.response_us_max] = us;
  partial.addToSketch(us);
}

function increment(partial: Partial, column: number, by: number): void {
  partial.values[column] = (partial.values[column] as number) + by;
}
