import { expect, test } from 'vitest';
import { textParts } from './text-parts.ts';

const ann = { user_id: 'ann', text: 'Ann' };
const lee = { user_id: 'lee', text: 'Ann Lee' };

test.each([
  ['nobody here', [], ['nobody here']],
  ['hi @ann!', [ann], ['hi ', '@ann=ann', '!']],
  ['@Ann Lee and @Ann', [ann, lee], ['@Ann Lee=lee', ' and ', '@Ann=ann']],
  ['a@Annex', [], ['a@Annex']],
])('%j is told apart', (text, mentions, parts) => {
  const told = textParts({ text, mentions }).map((part) =>
    part.mentions === null ? part.text : `${part.text}=${part.mentions}`,
  );
  expect(told).toEqual(parts);
});
