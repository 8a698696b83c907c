import { expect, it } from 'vitest';
import * as z from 'zod';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { parseInput } from './parse-input.ts';

const schema = z.strictObject({
  name: z.string().min(1, 'must not be empty'),
  title: z.string().nullable().optional().nonoptional(),
  kind: z.enum(['a', 'b']),
  at: z.union([z.string(), z.number()]),
  note: z.string().optional(),
  labels: z.array(z.strictObject({ value: z.number() })),
});

function complaint(value: unknown): unknown {
  try {
    return parseInput(schema, value, 'body');
  } catch (error) {
    return error instanceof HttpProblem ? error.detail : error;
  }
}

it('says of what is not there that it is missing', () => {
  expect(complaint({ labels: [{}] })).toBe(
    'name: is missing; title: is missing; kind: is missing; at: is missing; labels.0.value: is missing',
  );
});

it('says of what is wrong what is wrong, and takes what is right', () => {
  const right = { name: 'x', title: null, kind: 'a', at: 1, labels: [] };
  expect(complaint(right)).toEqual(right);
  expect(complaint({ ...right, name: '' })).toBe('name: must not be empty');
  expect(complaint({ ...right, name: 7 })).toContain('expected string');
});
