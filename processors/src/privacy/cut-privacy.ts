import { ERASURE_LOCK } from '@fleetbeat/infra/erasure/erasure-rows.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import type { WatchedRedaction } from '@fleetbeat/infra/redaction/watch-redaction.ts';
import { hashHi, hashLo, hashString } from '@fleetbeat/infra/time-series/hash64.ts';
import { CutTaken } from '../engine/cut-store.ts';
import type { Privacy } from '../engine/cut.ts';
import type { DeadLetter, DecodedEvent } from '../engine/decode.ts';
import { HEARTBEAT, measured } from '../engine/measured.ts';
import { letterFacts } from './letter-facts.ts';
import type { Erased, WatchedErasures } from './watch-erasures.ts';

interface Parts {
  readonly redaction: Pick<WatchedRedaction, 'current'>;
  readonly erasures: WatchedErasures;
}

const NOTHING = Buffer.alloc(0);

/** Takes out of one cut's events and dead letters what is not to be stored: by the settings of the moment, and of whom was erased. */
export function createCutPrivacy({ redaction, erasures }: Parts): Privacy {
  const version = erasures.version;
  /** Events and letters that were not kept, by erasure. */
  const late = new Map<number, number>();

  function isErased(erased: Erased | undefined, at: number): boolean {
    if (erased === undefined || at > erased.coversUntil) return false;
    late.set(erased.id, (late.get(erased.id) ?? 0) + 1);
    return true;
  }

  function isErasedLetter({ payload, appendedAt }: DeadLetter): boolean {
    const { user, ts } = letterFacts(payload);
    return isErased(byName(erasures, user), Math.min(appendedAt, ts ?? appendedAt));
  }

  return {
    get isActive() {
      return redaction.current !== null || erasures.some;
    },

    event(topic, event) {
      if (erasures.some && topic === 'agent-events' && isErased(erasedUser(erasures, event), event.ts)) {
        return { ...event, erased: true };
      }
      const { current } = redaction;
      if (current === null) return event;
      const { text, fields } = current.event(topic, event.bytes.toString('utf8', event.start, event.end));
      const bytes = Buffer.from(text);
      return { ...event, fields, bytes, start: 0, end: bytes.length };
    },

    letter(topic, letter) {
      if (erasures.some && isErasedLetter(letter)) {
        return { ...letter, reason: 'was erased with its user', payload: NOTHING };
      }
      const { current } = redaction;
      if (current === null) return letter;
      return { ...letter, reason: current.text(letter.reason), payload: current.payload(topic, letter.payload) };
    },

    async save(transaction) {
      await refuseOlderThan(transaction, version, erasures);
      for (const [id, count] of [...late].sort(([a], [b]) => a - b)) {
        await transaction.query('update erasures set late_events = late_events + $2 where id = $1', [id, count]);
      }
    },
  };
}

/** Rejects with `CutTaken` where somebody was erased since the cut was begun: it is then made anew, without them. */
async function refuseOlderThan(transaction: Transaction, version: number, erasures: WatchedErasures): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock_shared($1)', [ERASURE_LOCK]);
  // Of its own: what a statement sees is what was there when it began.
  const { rows } = await transaction.query<{ newest: number }>('select coalesce(max(id), 0) as newest from erasures');
  if ((rows[0]?.newest ?? 0) <= version) return;
  await erasures.refresh();
  throw new CutTaken('the cut was begun before somebody was erased, and is made anew');
}

function erasedUser(erasures: WatchedErasures, { fields }: DecodedEvent): Erased | undefined {
  if (measured.type !== HEARTBEAT) return measured.hasUser ? erasures.of(measured.userHi, measured.userLo) : undefined;
  // Users are not measured of heartbeats.
  return byName(erasures, fields['user_id']);
}

function byName(erasures: WatchedErasures, user: unknown): Erased | undefined {
  if (typeof user !== 'string') return undefined;
  hashString(user);
  return erasures.of(hashHi, hashLo);
}
