import { expect, it } from 'vitest';
import { ByteBudget } from './byte-budget.ts';

function refusal(take: () => void): unknown {
  try {
    take();
    return undefined;
  } catch (error) {
    return error;
  }
}

it('is full at its total and takes again what is given back', () => {
  const budget = new ByteBudget(100);
  const [a, b, c] = [budget.open('a'), budget.open('b'), budget.open('c')];
  a.take(50);
  b.take(50);
  expect(refusal(() => c.take(1))).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  a.give(20);
  c.take(20);
  expect(budget.held).toBe(100);
  a.release();
  a.release();
  b.release();
  c.release();
  expect(budget.held).toBe(0);
});

it('leaves half of itself to the others, over all requests of one client', () => {
  const budget = new ByteBudget(100);
  const [first, second] = [budget.open('a'), budget.open('a')];
  first.take(30);
  expect(refusal(() => second.take(21))).toMatchObject({ status: 429 });
  second.take(20);
  expect(budget.held).toBe(50);
  first.release();
  second.take(30);
  expect(refusal(() => second.take(1))).toMatchObject({ status: 429 });
});
