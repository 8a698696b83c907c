import type { Matcher } from '@fleetbeat/contracts/routing.ts';
import { RE2JS, RE2JSException } from 're2js';

/** Matching of labels, as Alertmanager does it: a label that is not there is an empty one, patterns fit whole values. */

export type LabelValues = Readonly<Record<string, string>>;

/** Instructions of a compiled pattern, at most: matching takes time in proportion to them and to the value's length. */
const MAX_PROGRAM = 2_000;
const MAX_PATTERN = 256;
/** Compiled patterns that are remembered. */
const REMEMBERED = 1_000;

const compiled = new Map<string, RE2JS | string>();

/** What is wrong with a pattern, as a sentence; undefined where nothing is. */
export function patternMistake(pattern: string): string | undefined {
  const result = compile(pattern);
  return typeof result === 'string' ? result : undefined;
}

/** The first matcher that does not fit, undefined where all do. A pattern that is none fits nothing, and its negation neither. */
export function misfit(matchers: readonly Matcher[], labels: LabelValues): Matcher | undefined {
  return matchers.find((matcher) => !fits(matcher, labels));
}

export function fitsAll(matchers: readonly Matcher[], labels: LabelValues): boolean {
  return misfit(matchers, labels) === undefined;
}

/** As people write it: `team=~"search|ads"`. */
export function writeMatcher({ label, op, value }: Matcher): string {
  return `${label}${op}${JSON.stringify(value)}`;
}

function fits({ label, op, value }: Matcher, labels: LabelValues): boolean {
  // Labels are given by people: no name may find what every object has.
  const actual = Object.hasOwn(labels, label) ? (labels[label] ?? '') : '';
  switch (op) {
    case '=':
      return actual === value;
    case '!=':
      return actual !== value;
    case '=~':
      return matches(value, actual) === true;
    case '!~':
      return matches(value, actual) === false;
    default:
      return op satisfies never;
  }
}

function matches(pattern: string, value: string): boolean | undefined {
  const result = compile(pattern);
  return typeof result === 'string' ? undefined : result.matches(value);
}

/** The compiled pattern, or why it is none. */
function compile(pattern: string): RE2JS | string {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const result = compileAnew(pattern);
  if (compiled.size >= REMEMBERED) compiled.clear();
  compiled.set(pattern, result);
  return result;
}

function compileAnew(pattern: string): RE2JS | string {
  if (pattern.length > MAX_PATTERN) return `the pattern is longer than ${MAX_PATTERN} characters`;
  try {
    const regex = RE2JS.compile(pattern);
    return regex.programSize() > MAX_PROGRAM ? 'the pattern is too large: it repeats too much' : regex;
  } catch (error) {
    if (error instanceof RE2JSException) return `the pattern is not one of RE2: ${error.message}`;
    throw error;
  }
}
