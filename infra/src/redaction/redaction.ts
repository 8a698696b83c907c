import { hkdfSync } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { MAX_EVENT_BYTES, MAX_NESTING, type EventTopic } from '@fleetbeat/contracts/events.ts';
import { FREE_FIELDS, keptFields, type RedactionSettings } from '@fleetbeat/contracts/redaction.ts';
import { namesSecret } from './detectors.ts';
import { parseObject } from '../parse-object.ts';
import { createRedactText, WHOLLY_REDACTED } from './redact-text.ts';

type Fields = Readonly<Record<string, unknown>>;

/** An event with what is not to be stored taken out, as text of one line and as what that says. */
export interface RedactedEvent {
  readonly text: string;
  readonly fields: Fields;
}

export interface Redaction {
  /** An event of one line of JSON. A valid one stays valid, and counts as before. */
  event(topic: EventTopic, line: string): RedactedEvent;
  /** What could not be read as an event, or is none. */
  payload(topic: EventTopic, bytes: Buffer): Buffer;
  text(text: string): string;
  /**
   * What somebody writes over the API. `paths` lead to the fields that are written, with `*` for each item of a list; they are
   * looked at and left out by their names, as those of events. A text that must be there leaves a mark.
   */
  written<Body>(body: Body, paths: readonly string[]): Body;
}

/** In place of what is no JSON object where fields are to be left out: they cannot be told apart in it. */
const UNREADABLE = '[not kept: this is no event, so the fields that are left out cannot be found in it]';

/** Bounds of the schemas that a longer replacement could break. What would break them is replaced wholly. */
const LONGEST = new Map([
  ['name', 256],
  ['description', 16_384],
  ['error', 16_384],
  ['labels', 256],
  ['capabilities', 64],
]);

/** In characters: what is written over the API is no longer. */
const LONGEST_WRITTEN = 16_384;

type Paths = readonly (readonly string[])[];
/** A path has ended above: everything from here on. */
const ALL = Symbol('all');
type Selection = Paths | typeof ALL;

interface Place {
  readonly depth: number;
  readonly look: Selection;
  readonly drop: Selection;
  readonly longest: number;
  /** The names in it are of a schema, and not looked at. */
  readonly namesStay: boolean;
}

/**
 * Makes the redaction that settings ask for. Pure, and never throws once made; `secret` is what hashes are keyed with. Throws
 * where a pattern has a mistake.
 */
export function createRedaction(settings: RedactionSettings, secret: string): Redaction {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'fleetbeat redaction hashes, version 1', 32));
  const redactText = createRedactText(settings, key);
  const look = settings.fields.map((path) => path.split('.'));
  const drop = settings.drop.map((path) => path.split('.'));
  const findsSecrets = settings.detectors.includes('secret');

  function bounded(text: string, longest: number): string {
    const redacted = redactText(text);
    if (redacted === text || longest === Infinity) return redacted;
    return redacted === '' || redacted.length > longest ? WHOLLY_REDACTED : redacted;
  }

  function scalar(value: unknown, longest: number): unknown {
    if (typeof value === 'string') return bounded(value, longest);
    if (typeof value !== 'number') return value;
    const text = String(value);
    const redacted = bounded(text, longest);
    return redacted === text ? value : redacted;
  }

  function walk(value: unknown, place: Place): unknown {
    if (typeof value !== 'object' || value === null) return place.look === ALL ? scalar(value, place.longest) : value;
    if (place.depth > MAX_NESTING) return WHOLLY_REDACTED;
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      value.forEach((item, index) => {
        const below = placeBelow(place, String(index));
        if (below.drop !== ALL) items.push(walk(item, below));
      });
      return items;
    }
    const result = emptyFields();
    for (const [name, item] of Object.entries(value)) {
      addField(result, name, item, placeBelow(place, name), place.namesStay);
    }
    return result;
  }

  function addField(result: Record<string, unknown>, name: string, value: unknown, place: Place, nameStays: boolean): void {
    if (place.drop === ALL) return;
    if (place.look === ALL && findsSecrets && typeof value === 'string' && value !== '' && namesSecret(name)) {
      result[name] = WHOLLY_REDACTED;
      return;
    }
    result[place.look === ALL && !nameStays ? redactText(name) : name] = walk(value, place);
  }

  function redactFields(topic: EventTopic, fields: Fields): Record<string, unknown> {
    const kept = keptFields(topic, fields);
    const result = emptyFields();
    for (const [name, value] of Object.entries(fields)) {
      // What is no text or number there is not valid anyway.
      if (kept.has(name) && (typeof value !== 'object' || value === null)) {
        result[name] = value;
        continue;
      }
      const place: Place = {
        depth: 1,
        look: below(look, name, 0),
        drop: below(drop, name, 0),
        longest: LONGEST.get(name) ?? Infinity,
        namesStay: name === 'labels',
      };
      addField(result, name, value, place, kept.has(name) || FREE_FIELDS.has(name));
    }
    return result;
  }

  function redactEvent(topic: EventTopic, line: string, fields: Fields): RedactedEvent {
    const redacted = redactFields(topic, fields);
    const text = JSON.stringify(redacted);
    if (text.length <= MAX_EVENT_BYTES / 3 || text.length <= line.length || Buffer.byteLength(text) <= MAX_EVENT_BYTES) {
      return { text, fields: redacted };
    }
    // Marks are longer than what they stand for: what has grown too large keeps what it is counted by.
    const kept = keptFields(topic, fields);
    const rest = emptyFields();
    for (const name of kept) if (Object.hasOwn(redacted, name)) rest[name] = redacted[name];
    return { text: JSON.stringify(rest), fields: rest };
  }

  function writtenField(name: string, value: unknown): unknown {
    if (value === null || value === undefined) return value;
    const longest = LONGEST.get(name) ?? LONGEST_WRITTEN;
    const place: Place = { depth: 1, look: below(look, name, 0), drop: below(drop, name, 0), longest, namesStay: false };
    if (place.drop === ALL) return typeof value === 'string' ? WHOLLY_REDACTED : null;
    return walk(value, place);
  }

  function writtenAt(value: unknown, [name = '', ...rest]: readonly string[]): unknown {
    if (Array.isArray(value)) return name === '*' ? value.map((item) => writtenAt(item, rest)) : value;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return value;
    const inner = (value as Fields)[name];
    return { ...value, [name]: rest.length === 0 ? writtenField(name, inner) : writtenAt(inner, rest) };
  }

  function redactUnreadable(text: string): string {
    if (drop.length > 0) return UNREADABLE;
    const plain = text.replaceAll(/\\u00([2-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
    const redacted = redactText(plain);
    return redacted === plain ? text : redacted;
  }

  return {
    event(topic, line) {
      return redactEvent(topic, line, JSON.parse(line) as Fields);
    },
    payload(topic, bytes) {
      const encoding = isUtf8(bytes) ? 'utf8' : 'latin1';
      const text = bytes.toString(encoding);
      const fields = parseObject(text);
      return fields === undefined
        ? Buffer.from(redactUnreadable(text), encoding)
        : Buffer.from(redactEvent(topic, text, fields).text);
    },
    text: redactText,
    // Marks are texts and stand where texts stood, so the body is of the same type.
    written: <Body>(body: Body, paths: readonly string[]) =>
      paths.reduce<unknown>((value, path) => writtenAt(value, path.split('.')), body) as Body,
  };
}

function placeBelow(place: Place, name: string): Place {
  return {
    ...place,
    depth: place.depth + 1,
    look: below(place.look, name, place.depth),
    drop: below(place.drop, name, place.depth),
  };
}

function below(selection: Selection, name: string, depth: number): Selection {
  if (selection === ALL || selection.length === 0) return selection;
  const fitting = selection.filter((path) => path[depth] === '*' || path[depth] === name);
  return fitting.some((path) => path.length === depth + 1) ? ALL : fitting;
}

/** Without a prototype: `__proto__` is a name like others in what others send. */
function emptyFields(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}
