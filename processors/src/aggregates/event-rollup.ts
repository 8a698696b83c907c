import { NONE, TIERS, WHOLE, type PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { MESSAGE_TYPES } from '@fleetbeat/contracts/events.ts';
import { hashHi, hashLo, hashString } from '@fleetbeat/infra/time-series/hash64.ts';
import { COLUMN, Partial } from '@fleetbeat/infra/time-series/partial.ts';
import type { DecodedEvent } from '../engine/decode.ts';
import { PartialTable, type KeyWindows } from './partial-table.ts';

const AT = COLUMN.events;
const TYPES = [...MESSAGE_TYPES, 'heartbeat'] as const;
const TYPE_INDEX: ReadonlyMap<unknown, number> = new Map(TYPES.map((type, index) => [type, index]));
const HEARTBEAT = TYPES.indexOf('heartbeat');
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

  /** Adds an event whose measures were just taken by `measure`; `agent` is `agents.of` its agent. */
  add(event: DecodedEvent, agent: KeyWindows): void {
    const start = Math.floor(event.ts / WINDOW_MS) * WINDOW_MS;
    const window = start === this.#lastStart && this.#last !== undefined ? this.#last : this.#windowAt(start);
    window.events++;
    const { type } = measured;
    addTo(agent.at(start), type);
    addTo(this.#kindAt(window, measured.model, type), type);
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

/** What the event at hand adds to each of its partials; one object for all events, as there are very many. */
export const measured = {
  /** Place of the message type in TYPES. */
  type: 0,
  model: NONE,
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  reasoning: 0,
  /** `token_count` where no class was given. */
  other: 0,
  /** Microseconds, or -1 where the event was not timed. */
  responseUs: -1,
  scored: false,
  scoreMicros: 0,
  costMicros: 0,
  hasUser: false,
  userHi: 0,
  userLo: 0,
};

/** Takes the measures of an event into `measured`. */
export function measure(fields: Readonly<Record<string, unknown>>): void {
  measured.type = TYPE_INDEX.get(fields['message_type']) ?? HEARTBEAT;
  measured.model = (fields['model_used'] as string | undefined) ?? NONE;
  const input = fields['input_tokens'] as number | undefined;
  const output = fields['output_tokens'] as number | undefined;
  const cacheRead = fields['cache_read_tokens'] as number | undefined;
  const cacheWrite = fields['cache_write_tokens'] as number | undefined;
  const reasoning = fields['reasoning_tokens'] as number | undefined;
  measured.input = input ?? 0;
  measured.output = output ?? 0;
  measured.cacheRead = cacheRead ?? 0;
  measured.cacheWrite = cacheWrite ?? 0;
  measured.reasoning = reasoning ?? 0;
  const noClass =
    input === undefined && output === undefined && cacheRead === undefined && cacheWrite === undefined && reasoning === undefined;
  measured.other = noClass ? ((fields['token_count'] as number | undefined) ?? 0) : 0;
  const responseMs = fields['response_time_ms'] as number | undefined;
  measured.responseUs = responseMs === undefined ? -1 : Math.round(responseMs * 1_000);
  const score = fields['user_feedback'] as number | undefined;
  measured.scored = score !== undefined;
  measured.scoreMicros = score === undefined ? 0 : Math.round(score * 1e6);
  const cost = fields['cost_usd'] as number | undefined;
  measured.costMicros = cost === undefined ? 0 : Math.round(cost * 1e6);
  const user = fields['user_id'] as string | undefined;
  measured.hasUser = user !== undefined;
  if (user !== undefined) {
    hashString(user);
    measured.userHi = hashHi;
    measured.userLo = hashLo;
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
