import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMentions, mentionPlaces } from './mentions.ts';

const ANN = { id: 'ann', name: 'Ann', email: 'ann@example.org' };
const ANN_LEE = { id: 'lee', name: 'Ann Lee', email: 'lee@example.org' };
const ZOE = { id: 'zoe', name: 'Zoë Ångström', email: 'zoe@example.org' };
const PEOPLE = [ANN, ANN_LEE, ZOE];

describe('a mention', () => {
  it.each([
    ['@Ann look', ['ann']],
    ['look (@ann)', ['ann']],
    ['@Ann Lee, please', ['lee']],
    ['@Ann Leeds', ['ann']],
    ['@Annabel', []],
    ['@ZOË ÅNGSTRÖM!', ['zoe']],
    ['@lee@example.org.', ['lee']],
    ['write to lee@example.org', []],
    ['@Zoë Ångström and @ann and @Ann', ['zoe', 'ann']],
    ['@', []],
    ['@@Ann', ['ann']],
    ['@nobody', []],
  ])('%j speaks to %j', (text, ids) => {
    expect(findMentions(text, PEOPLE).map(({ user_id }) => user_id)).toEqual(ids);
  });

  it('tells what stands for them', () => {
    expect(findMentions('hi @aNN', PEOPLE)).toEqual([{ user_id: 'ann', text: 'aNN' }]);
  });

  it('of a name that two have speaks to both', () => {
    const other = { id: 'ann-2', name: 'ann', email: 'other@example.org' };
    expect(findMentions('@Ann', [ANN, other])).toHaveLength(2);
  });

  it('is found in any text for whoever its places find, and stands in it', () => {
    const text = fc
      .array(fc.oneof(fc.constantFrom('@', ' ', 'Ann', ' Lee', 'ann@example.org', '.', 'Zoë Ångström'), fc.string()))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (written) => {
        const places = mentionPlaces(written);
        for (const { user_id, text: word } of findMentions(written, PEOPLE)) {
          expect(written).toContain(`@${word}`);
          const person = PEOPLE.find(({ id }) => id === user_id);
          expect(
            places.some((place) => [person?.name, person?.email].some((one) => place.startsWith((one ?? '?').toLowerCase()))),
          ).toBe(true);
        }
      }),
    );
  });
});
