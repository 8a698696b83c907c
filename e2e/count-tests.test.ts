import { expect, it } from 'vitest';
import { countTests, type VitestReport } from './count-tests.ts';

const green: VitestReport = {
  numPassedTests: 5,
  numFailedTests: 0,
  numPendingTests: 2,
  numTodoTests: 1,
  testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }] }],
};

it('adds up what vitest reports', () => {
  expect(countTests(green, 0)).toEqual({ passed: 5, failed: 0, skipped: 3 });
});

it('counts a file that breaks before its first test as failed', () => {
  const testResults = [{ status: 'failed', assertionResults: [] }];
  expect(countTests({ ...green, testResults }, 1)).toEqual({ passed: 5, failed: 1, skipped: 3 });
});

it('does not count a failed test twice', () => {
  const testResults = [{ status: 'failed', assertionResults: [{ status: 'failed' }] }];
  expect(countTests({ ...green, numFailedTests: 1, testResults }, 1).failed).toBe(1);
});

it('counts a run that fails although its tests pass as failed', () => {
  expect(countTests(green, 1).failed).toBe(1);
});

it('counts a run without a report as failed', () => {
  expect(countTests(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});
