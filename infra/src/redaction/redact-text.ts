import { createHmac } from 'node:crypto';
import { DETECTORS, REDACTED, type RedactionSettings } from '@fleetbeat/contracts/redaction.ts';
import { customFinder } from './custom-pattern.ts';
import { KNOWN_FINDERS, type Finder } from './detectors.ts';

/** What stands for a whole text. */
export const WHOLLY_REDACTED = `[${REDACTED}]`;

/** After as many rounds that each found more, the whole text goes. */
const MOST_ROUNDS = 8;
const HASH_LETTERS = 12;
/** The order matters where one thing could be taken for another: a URL's password ends before what looks like an address. */
const ORDER = ['secret', 'email', 'iban', 'card', 'ssn', 'phone', 'ip'] as const satisfies readonly (typeof DETECTORS)[number][];

export type RedactText = (text: string) => string;

/**
 * Replaces what the settings look for. Doing it again changes nothing: what was put in stands, and is never looked at, and
 * what two pieces make together is looked for until nothing more is found. `key` is what hashes are made with.
 */
export function createRedactText(settings: RedactionSettings, key: Buffer): RedactText {
  const finders: Finder[] = [
    ...ORDER.filter((name) => settings.detectors.includes(name)).map((name) => KNOWN_FINDERS[name]),
    ...settings.patterns.map(({ name, pattern }) => customFinder(name, pattern)),
  ];
  const names = [...finders.map(({ name }) => name), REDACTED].join('|');
  /** Splitting by it leaves what was put in at the odd places. */
  const marks = new RegExp(`(\\[(?:${names})(?::[a-z]{${HASH_LETTERS}})?\\])`);

  function markOf({ name, normal }: Finder, found: string): string {
    switch (settings.replace) {
      case 'label':
        return `[${name}]`;
      case 'hash':
        return `[${name}:${lettersOf(
          createHmac('sha256', key)
            .update(`${name}\0${normal(found)}`)
            .digest(),
        )}]`;
      case 'remove':
        return '';
      default:
        return settings.replace satisfies never;
    }
  }

  /** Text at the even places, marks at the odd ones. */
  function replaced(parts: readonly string[], finder: Finder): readonly string[] {
    let result: string[] | undefined;
    parts.forEach((part, index) => {
      if (index % 2 === 0) {
        let from = 0;
        for (const [start, end] of finder.find(part)) {
          result ??= parts.slice(0, index);
          result.push(part.slice(from, start), markOf(finder, part.slice(start, end)));
          from = end;
        }
        result?.push(part.slice(from));
      } else result?.push(part);
    });
    return result ?? parts;
  }

  function once(text: string): string {
    const before: readonly string[] = text.includes('[') ? text.split(marks) : [text];
    const after = finders.reduce(replaced, before);
    return after === before ? text : after.join('');
  }

  return (text) => {
    let current = text;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const next = once(current);
      if (next === current) return current;
      current = next;
    }
    return WHOLLY_REDACTED;
  };
}

/** Letters alone, so that no hash looks like a number. */
function lettersOf(digest: Buffer): string {
  return String.fromCharCode(...digest.subarray(0, HASH_LETTERS).map((byte) => 97 + (byte % 26)));
}
