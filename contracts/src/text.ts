import * as z from 'zod';

/**
 * Text that people and agents write. Any is taken, markup and SQL too: it is stored and answered as it came, and executed
 * nowhere.
 */

// eslint-disable-next-line no-control-regex -- control characters are what is refused here
const LINE = /^[^\u0000-\u001f\u007f]*$/;
// eslint-disable-next-line no-control-regex -- as above, but for tabs and ends of lines
const LINES = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/;

function text(pattern: RegExp, length: number) {
  return z
    .string()
    .max(length, `must be at most ${length} characters`)
    .regex(pattern, 'must not contain control characters')
    .refine((value) => value.isWellFormed(), 'must not contain half a surrogate pair');
}

/** Text of several lines, up to 16,384 characters. */
export const linesSchema = text(LINES, 16_384);

/** One line that says something, up to 256 characters. */
export const nameSchema = text(LINE, 256).refine((value) => value.trim() !== '', 'must not be empty');

/** A short word that things are chosen by, such as a tag or a capability: 1 to 64 characters. */
export const wordSchema = text(LINE, 64).refine((value) => value.trim() !== '', 'must not be empty');
