import { isIPv6 } from 'node:net';
import type { Detector } from '@fleetbeat/contracts/redaction.ts';
import { isCardNumber } from './card-number.ts';
import { findIbans } from './iban.ts';

/** From here to there, in UTF-16 code units; not empty, in order, and none over another. */
export type Span = readonly [start: number, end: number];

/** Finds one kind of thing in a text. */
export interface Finder {
  /** What stands in place of what it finds. */
  readonly name: string;
  find(text: string): Iterable<Span>;
  /** Equal for two ways of writing the same. */
  normal(found: string): string;
}

/**
 * What is known how to be found. JavaScript's regular expressions backtrack, so every repetition here is bounded or followed
 * by nothing that it could give back to: a test holds each against long texts made to be slow.
 */
export const KNOWN_FINDERS: Readonly<Record<Detector, Finder>> = {
  secret: {
    name: 'secret',
    find: findSecrets,
    normal: (found) => found,
  },
  email: {
    name: 'email',
    find: (text) => (text.includes('@') ? matches(EMAIL, text) : NOTHING),
    normal: (found) => found.toLowerCase(),
  },
  iban: { name: 'iban', find: (text) => (HAS_DIGIT.test(text) ? findIbans(text) : NOTHING), normal: digitsAndLetters },
  card: { name: 'card', find: (text) => (HAS_DIGIT.test(text) ? findCards(text) : NOTHING), normal: digitsAndLetters },
  ssn: { name: 'ssn', find: (text) => (HAS_DIGIT.test(text) ? matches(SSN, text) : NOTHING), normal: digitsAndLetters },
  phone: { name: 'phone', find: (text) => (HAS_DIGIT.test(text) ? matches(PHONE, text) : NOTHING), normal: digitsAndLetters },
  ip: {
    name: 'ip',
    find: (text) =>
      inOrder([...(HAS_DIGIT.test(text) ? matches(IP_V4, text) : NOTHING), ...(text.includes(':') ? findIpV6(text) : NOTHING)]),
    normal: (found) => found.toLowerCase(),
  },
};

const NOTHING: readonly Span[] = [];
const HAS_DIGIT = /\d/;

const EMAIL = /[\p{L}\p{N}._%+'-]{1,64}@(?:[\p{L}\p{N}][\p{L}\p{N}-]{0,62}\.){1,8}\p{L}[\p{L}\p{N}-]{1,62}/gu;

/** International with a plus, and North American with its groups apart. */
const PHONE =
  /(?<![\w+])\+\d(?:[ .()/-]{0,2}\d){6,14}(?!\d)|(?<![\w.-])(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])\d{3}[ .-]\d{4}(?![\w-])/g;

const SSN = /(?<![\d-])(?!000|666|9)\d{3}([- ])(?!00)\d\d\1(?!0000)\d{4}(?![\d-])/g;

const IP_V4 = /(?<![\w.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?!\.?\d)/g;
const MAYBE_IP_V6 = /(?<![\w:.])[\da-fA-F:]{6,39}(?:(?:\.\d{1,3}){3})?(?![\w:])/g;

/** As long as any token at least: prose has nothing like it. */
const LONG_WORD = /[\w.~+/=-]{15}/;
/** Tokens that tell by their shape what they are. */
const TOKENS = new RegExp(
  `(?<![A-Za-z0-9])(?:${[
    'eyJ[\\w-]{8,1000}\\.eyJ[\\w-]{8,10000}\\.[\\w-]*',
    '(?:AKIA|ASIA)[A-Z0-9]{16}',
    'gh[pousr]_[A-Za-z0-9]{30,}',
    'github_pat_\\w{22,}',
    'glpat-[\\w-]{20,}',
    'xox[abeoprs]-[\\w-]{10,}',
    '[rs]k_(?:live|test)_[A-Za-z0-9]{16,}',
    'sk-[\\w-]{20,}',
    'AIza[\\w-]{35}',
    'npm_[A-Za-z0-9]{36}',
    'fb[kl]_[\\w-]{20,}',
    '[Bb]earer\\s{1,4}[\\w.~+/=-]{16,}',
  ].join('|')})|(?<=://)[^\\s/:@]{1,128}:[^\\s/@]{1,128}(?=@)`,
  'g',
);
const PRIVATE_KEY_BEGINS = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const PRIVATE_KEY_ENDS = /-----END [A-Z0-9 ]{0,40}-----/g;
const SECRET_NAMES = 'passw(?:or)?d|pwd|secret|api[_-]?key|access[_-]?key|client[_-]?secret|(?:auth|access|refresh)[_-]?token';
const ASSIGNED = new RegExp(`(?:${SECRET_NAMES})["']?\\s{0,3}[:=]\\s{0,3}["']?[^\\s"',;&]{4,}`, 'gi');
const SECRET_NAME = new RegExp(`(?:^|[_.-])(?:${SECRET_NAMES})$`, 'i');

/** Whether a field of this name holds a secret, whatever it looks like. */
export function namesSecret(field: string): boolean {
  return field.length <= 64 && SECRET_NAME.test(field);
}

function* matches(regex: RegExp, text: string): Generator<Span> {
  for (const match of text.matchAll(regex)) if (match[0] !== '') yield [match.index, match.index + match[0].length];
}

/** Of spans that overlap the one that begins first. */
function inOrder(spans: Span[]): Span[] {
  spans.sort(([a], [b]) => a - b);
  let end = 0;
  return spans.filter(([start, to]) => {
    if (start < end) return false;
    end = to;
    return true;
  });
}

/** Digits in groups, as people write cards; a group is never split. */
function* findCards(text: string): Generator<Span> {
  for (const run of text.matchAll(/\d(?:[ -]?\d){12,}/g)) {
    const groups = [...run[0].matchAll(/\d+/g)];
    for (let first = 0; first < groups.length; first++) {
      let digits = '';
      let found = -1;
      for (let last = first; last < groups.length; last++) {
        digits += groups[last]?.[0] ?? '';
        if (digits.length > 19) break;
        if (digits.length >= 13 && isCardNumber(digits)) found = last;
      }
      if (found === -1) continue;
      const [from, to] = [groups[first], groups[found]];
      if (from !== undefined && to !== undefined) yield [run.index + from.index, run.index + to.index + to[0].length];
      first = found;
    }
  }
}

/** Most texts hold none, and are not looked through for what cannot be in them. */
function findSecrets(text: string): Iterable<Span> {
  const mayHaveToken = text.includes('://') || LONG_WORD.test(text);
  const mayAssign = text.includes('=') || text.includes(':');
  const mayHaveKey = text.includes('-----BEGIN');
  if (!mayHaveToken && !mayAssign && !mayHaveKey) return NOTHING;
  return inOrder([
    ...(mayHaveToken ? matches(TOKENS, text) : NOTHING),
    ...(mayHaveKey ? findPrivateKeys(text) : NOTHING),
    ...(mayAssign ? matches(ASSIGNED, text) : NOTHING),
  ]);
}

/** To its last line, or to the end of the text where that was cut off. */
function* findPrivateKeys(text: string): Generator<Span> {
  let end = 0;
  for (const { index } of text.matchAll(PRIVATE_KEY_BEGINS)) {
    if (index < end) continue;
    PRIVATE_KEY_ENDS.lastIndex = index;
    end = PRIVATE_KEY_ENDS.test(text) ? PRIVATE_KEY_ENDS.lastIndex : text.length;
    yield [index, end];
  }
}

function* findIpV6(text: string): Generator<Span> {
  for (const [start, end] of matches(MAYBE_IP_V6, text)) if (isIPv6(text.slice(start, end))) yield [start, end];
}

function digitsAndLetters(found: string): string {
  return found.replaceAll(/[^\da-z]/gi, '').toUpperCase();
}
