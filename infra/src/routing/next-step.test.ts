import { escalationSchema } from '@fleetbeat/contracts/on-call.ts';
import { describe, expect, it } from 'vitest';
import { stepAfter } from './next-step.ts';

const target = { type: 'user', id: 'ann' } as const;
const POLICY = escalationSchema.parse({
  name: 'Wake',
  steps: [
    { after_s: 0, targets: [target] },
    { after_s: 300, targets: [target] },
    { after_s: 600, targets: [target] },
  ],
  repeat: { times: 1, after_s: 900 },
});

describe('after a step', () => {
  it.each([
    ['comes the next, after its wait', 0, 0, true, { step: 1, round: 0, afterMs: 300_000 }],
    ['comes the next at once where nobody was reached', 0, 0, false, { step: 1, round: 0, afterMs: 0 }],
    ['that is the last it begins again', 2, 0, true, { step: 0, round: 1, afterMs: 900_000 }],
    ['that is the last it begins again no sooner where nobody was reached', 2, 0, false, { step: 0, round: 1, afterMs: 900_000 }],
    ['that is the last of the last round nothing comes', 2, 1, true, null],
    ['that the policy has no more it begins again', 7, 0, true, { step: 0, round: 1, afterMs: 900_000 }],
  ] as const)('%s', (_, step, round, reached, next) => {
    expect(stepAfter(POLICY, { step, round }, reached)).toEqual(next);
  });
});
