import { RE2JS, RE2JSException } from 're2js';
import type { Finder, Span } from './detectors.ts';

/**
 * Instructions of a compiled pattern, at most: RE2 takes time in proportion to them and to the text, never more. With as many
 * the largest event takes half a second at worst.
 */
const MAX_PROGRAM = 250;

/** What is wrong with a pattern of one's own, as a sentence; null where nothing is. */
export function customPatternMistake(pattern: string): string | null {
  try {
    const regex = RE2JS.compile(pattern);
    if (regex.programSize() > MAX_PROGRAM) return 'is too large: it repeats too much';
    return regex.matcher('').find() ? 'fits nothing at all too, so it would be found everywhere' : null;
  } catch (error) {
    if (error instanceof RE2JSException) return `is no pattern of RE2: ${error.message}`;
    throw error;
  }
}

/** Finds what a pattern of one's own fits, in linear time. Throws where the pattern has a mistake. */
export function customFinder(name: string, pattern: string): Finder {
  const mistake = customPatternMistake(pattern);
  if (mistake !== null) throw new Error(`the pattern ${name} ${mistake}`);
  const regex = RE2JS.compile(pattern);
  return {
    name,
    *find(text): Generator<Span> {
      const matcher = regex.matcher(text);
      while (matcher.find()) if (matcher.end() > matcher.start()) yield [matcher.start(), matcher.end()];
    },
    normal: (found) => found,
  };
}
