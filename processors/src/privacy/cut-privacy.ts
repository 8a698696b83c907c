import type { WatchedRedaction } from '@fleetbeat/infra/redaction/watch-redaction.ts';
import type { Privacy } from '../engine/cut.ts';

/** Takes out of a cut's events and dead letters what is not to be stored, by the settings of the moment. */
export function createCutPrivacy(redaction: Pick<WatchedRedaction, 'current'>): Privacy {
  return {
    get isActive() {
      return redaction.current !== null;
    },

    event(topic, event) {
      const { current } = redaction;
      if (current === null) return event;
      const { text, fields } = current.event(topic, event.bytes.toString('utf8', event.start, event.end));
      const bytes = Buffer.from(text);
      return { ...event, fields, bytes, start: 0, end: bytes.length };
    },

    letter(topic, letter) {
      const { current } = redaction;
      if (current === null) return letter;
      return { ...letter, reason: current.text(letter.reason), payload: current.payload(topic, letter.payload) };
    },
  };
}
