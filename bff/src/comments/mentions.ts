import type { Comment } from '@fleetbeat/contracts/comments.ts';

/** Who is spoken to in a text: `@` and the name or the e-mail address of a user, whatever their case. */

export interface Mentionable {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** Places of one text that are looked at, and the longest name or address, in characters. */
const MAX_PLACES = 50;
const MAX_LENGTH = 320;

const LETTER = /[\p{L}\p{N}_]/u;

/** What stands after each `@` that may begin a mention, in small letters: whoever is meant, it begins with what they are called. */
export function mentionPlaces(text: string): string[] {
  return placesOf(text).map((at) => text.slice(at, at + MAX_LENGTH).toLowerCase());
}

/** Each of `people` who is mentioned, once, in the order of the text. Of two who may be meant it is the longer name. */
export function findMentions(text: string, people: readonly Mentionable[]): Comment['mentions'] {
  const found = new Map<string, string>();
  for (const at of placesOf(text)) {
    const called = people
      .flatMap(({ id, name, email }) =>
        [name, email].map((word) => ({ id, word: text.slice(at, at + word.length), called: word })),
      )
      .filter(({ word, called }) => called !== '' && word.toLowerCase() === called.toLowerCase())
      .filter(({ word }) => !LETTER.test(text.charAt(at + word.length)))
      .sort((a, b) => b.word.length - a.word.length);
    const longest = called[0]?.word.length;
    // Of two people of one name both are meant: whoever is not will say so.
    for (const { id, word } of called) if (word.length === longest && !found.has(id)) found.set(id, word);
  }
  return [...found].map(([user_id, word]) => ({ user_id, text: word }));
}

/** Where mentions may begin, just after the `@`: one within a word, as in an address, begins none. */
function placesOf(text: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf('@'); at >= 0 && places.length < MAX_PLACES; at = text.indexOf('@', at + 1)) {
    if (at === 0 || !LETTER.test(text.charAt(at - 1))) places.push(at + 1);
  }
  return places;
}
