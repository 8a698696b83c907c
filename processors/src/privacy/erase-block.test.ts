import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { eraseFromFrame, unpackFrameOf, type Part } from './erase-block.ts';
import { letterFacts } from './letter-facts.ts';

const WHOLE: readonly Part[] = [{ agentId: 'a', from: null, to: null }];

function left(lines: readonly string[], userId: string, parts = WHOLE) {
  const user = { userId, coversUntil: 100 };
  const text = unpackFrameOf(zstdCompressSync(Buffer.from(lines.join('\n'))), user);
  const result = text && eraseFromFrame(text, parts, user);
  return result && { parts: result.parts, text: zstdDecompressSync(result.frame) };
}

it('takes the events of one user out, however the id is written, and leaves the bytes of the others', () => {
  const lines = [
    '{"user_id":"jo/e","ts":1}',
    '{ "ts":1.0, "user_id":"jim","content":"jo/e" }',
    '{"user_id":"\\u006ao/e","ts":1}',
    '{"user_id":"jo\\/e","timestamp":"1970-01-01T00:00:00.100Z"}',
    '{"user_id":"jo/e","ts":101}',
    '{"metadata":{"user_id":"jo/e"},"ts":1}',
  ];
  const result = left(lines, 'jo/e');
  expect(result?.parts).toEqual([{ ...WHOLE[0], erased: 3 }]);
  expect(result?.text.toString()).toBe([lines[1], lines[4], lines[5]].join('\n'));
});

it('says where there is nothing to erase, and leaves nothing where all goes', () => {
  expect(left(['{"user_id":"joe","ts":1}'], 'jo')).toBeNull();
  expect(left([''], 'joe')).toBeNull();
  expect(left(['{"user_id":"joe","ts":1}'], 'joe')?.text.toString()).toBe('');
});

it('moves the lines of the others that share the frame, and drops those of a row that is gone', () => {
  const joe = '{"user_id":"joe","ts":1}';
  const others = ['{"n":"☃"}', '{"n":1}', '{"n":2}'];
  const lines = [joe, others[0] ?? '', joe, others[1] ?? '', others[2] ?? ''];
  const ends = lines.map((_, n) => Buffer.byteLength(lines.slice(0, n + 1).join('\n')));
  const at = (n: number) => ends[n] ?? 0;
  const parts = [
    { agentId: 'a', from: 0, to: at(1) },
    { agentId: 'b', from: at(1) + 1, to: at(2) },
    { agentId: 'none', from: at(2) + 1, to: at(2) },
    { agentId: 'd', from: at(3) + 1, to: at(4) },
  ];
  const result = left(lines, 'joe', parts);
  expect(result?.parts.map(({ from, to, erased }) => [result.text.toString('utf8', from ?? 0, to ?? 0), erased])).toEqual([
    [others[0], 1],
    ['', 1],
    ['', 0],
    [others[2], 0],
  ]);
});

it.each([
  ['{"user_id":"joe","ts":5}', 'joe', 5],
  ['{"user_id":7}', undefined, undefined],
  ['{"user_id" : "j\\u006fe", oops', 'joe', undefined],
  ['{"user_id":"joe', undefined, undefined],
  ['\u0000', undefined, undefined],
])('a letter %s is of %s', (payload, user, ts) => {
  expect(letterFacts(Buffer.from(payload))).toEqual({ user, ts });
});
